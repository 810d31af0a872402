import CaliberColumns
import CaliberDictionary

/// The order of an answer's rows: as the query says, then by group values ascending, times first; nulls last. No two
/// groups are equal, so the order is complete and the same every time.
struct AnswerOrdering {
    let plan: QueryPlan
    let groups: GroupRegistry
    let values: [[MetricValue]]

    private enum Key {
        /// Sortable lanes by group.
        case dimension(Int, lanes: [Int64], descending: Bool)
        case metric(Int, descending: Bool)
    }

    func groupNumbers() -> [Int] {
        let keys = self.keys()
        return (0..<groups.count).sorted { left, right in
            for key in keys {
                if let precedes = precedes(left, right, by: key) { return precedes }
            }
            return left < right
        }
    }

    /// - Returns: nil when the two are equal by the key.
    private func precedes(_ left: Int, _ right: Int, by key: Key) -> Bool? {
        switch key {
        case .metric(let metric, let descending):
            return MetricValue.precedes(values[metric][left], values[metric][right], descending: descending)
        case .dimension(let dimension, let lanes, let descending):
            let leftNull = groups.isNull(left, dimension)
            let rightNull = groups.isNull(right, dimension)
            if leftNull || rightNull { return leftNull == rightNull ? nil : rightNull }
            return lanes[left] == lanes[right] ? nil : (lanes[left] < lanes[right]) != descending
        }
    }

    private func keys() -> [Key] {
        let asked = plan.order.map { order in
            order.column < plan.dimensions.count
                ? dimensionKey(order.column, descending: order.descending)
                : Key.metric(order.column - plan.dimensions.count, descending: order.descending)
        }
        let positions = Array(plan.dimensions.indices)
        let times = positions.filter { plan.dimensions[$0].grain != nil }
        let rest = positions.filter { plan.dimensions[$0].grain == nil }
        return asked + (times + rest).map { dimensionKey($0, descending: false) }
    }

    private func dimensionKey(_ dimension: Int, descending: Bool) -> Key {
        var lanes = (0..<groups.count).map { groups.lane($0, dimension) }
        if let pool = groups.pools[dimension] {
            let ranks = AnswerOrdering.ranks(pool)
            for group in lanes.indices where !groups.isNull(group, dimension) {
                lanes[group] = ranks[Int(lanes[group])]
            }
        } else if plan.dimensions[dimension].type.storage == .float {
            for group in lanes.indices { lanes[group] = FloatOrder.sortable(lanes[group]) }
        }
        return .dimension(dimension, lanes: lanes, descending: descending)
    }

    /// The place of each string among all, by bytes, so that sorting compares numbers.
    private static func ranks(_ pool: StringPool) -> [Int64] {
        var ranks = [Int64](repeating: 0, count: pool.count)
        let sorted = (0..<UInt32(pool.count)).sorted { pool.precedes($0, $1) }
        for (rank, code) in sorted.enumerated() { ranks[Int(code)] = Int64(rank) }
        return ranks
    }
}
