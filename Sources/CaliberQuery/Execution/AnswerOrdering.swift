import CKernels
import CaliberColumns
import CaliberDictionary

/// The order of an answer's rows: as the query says, then by group values ascending, times first; nulls last. No two
/// groups are equal, so the order is complete and the same every time.
struct AnswerOrdering {
    let plan: QueryPlan
    let groups: GroupRegistry
    /// By column, by item.
    let values: [[MetricValue]]
    /// Empty for the usual order.
    var order: [PlannedOrder]
    /// What is ordered: a group for each item; nil where items are all groups.
    var items: [Int]?
    /// Items that stand for others; they have no value of the ranked dimensions, and come last by them.
    var isOthers: [Bool] = []
    /// Ascending dimensions and a descending metric that items go by before the usual order.
    var top: PlannedTop?

    init(plan: QueryPlan, groups: GroupRegistry, values: [[MetricValue]], order: [PlannedOrder]? = nil) {
        self.plan = plan
        self.groups = groups
        self.values = values
        self.order = order ?? plan.order
    }

    /// Rows of groups in relation to each other.
    init(plan: QueryPlan, groups: GroupRegistry, rows: [AnswerRow]) {
        self.init(
            plan: plan, groups: groups,
            values: (rows.first?.values.indices).map { columns in
                columns.map { column in rows.map { $0.values[column] } }
            }
                ?? [])
        items = rows.map(\.group)
        isOthers = rows.contains(where: \.isOthers) ? rows.map(\.isOthers) : []
        top = plan.order.isEmpty ? plan.relations.top : nil
    }

    private enum Key {
        case others
        /// Sortable lanes by group.
        case dimension(Int, lanes: [Int64], descending: Bool)
        case metric(Int, descending: Bool)
    }

    /// The items in their order.
    func groupNumbers() -> [Int] {
        let keys = self.keys()
        if let order = orderOfDimensions(keys) { return order }
        return (0..<(items?.count ?? groups.count)).sorted { left, right in
            for key in keys {
                if let precedes = precedes(left, right, by: key) { return precedes }
            }
            return left < right
        }
    }

    /// The order by dimensions alone, each item's values put together in one number; nil where there is more to it, or
    /// the numbers would not fit.
    private func orderOfDimensions(_ keys: [Key]) -> [Int]? {
        guard isOthers.isEmpty, let first = keys.first, case .dimension(_, let lanes, _) = first else { return nil }
        var places = [UInt64](repeating: 0, count: lanes.count)
        var size: UInt64 = 1
        for key in keys {
            guard case .dimension(let dimension, let lanes, let descending) = key else { return nil }
            guard let low = lanes.min(), let high = lanes.max() else { return nil }
            // Nulls come last whichever way values are sorted.
            let (cardinality, isWide) = UInt64(bitPattern: high &- low).addingReportingOverflow(2)
            let (next, overflow) = size.multipliedReportingOverflow(by: cardinality)
            guard !isWide, !overflow else { return nil }
            size = next
            for (item, lane) in lanes.enumerated() {
                let distance = UInt64(bitPattern: descending ? high &- lane : lane &- low)
                places[item] =
                    places[item] * cardinality
                    + (groups.isNull(group(item), dimension) ? cardinality - 1 : distance)
            }
        }
        return AnswerOrdering.sorted(places, below: size)
    }

    /// The items in the order of their places, those of equal ones as they come.
    private static func sorted(_ places: [UInt64], below size: UInt64) -> [Int] {
        let bits = UInt64.bitWidth - (size - 1).leadingZeroBitCount
        // The sort goes by whole digits, so a few bits above the places must be the same in all.
        let shift = UInt64(bits + 8)
        guard places.count > 1, UInt64.bitWidth - places.count.leadingZeroBitCount + Int(shift) <= UInt64.bitWidth
        else {
            return places.indices.sorted { (places[$0], $0) < (places[$1], $1) }
        }
        let keys = ScratchBuffer<UInt64>(uninitializedCount: places.count)
        let spare = ScratchBuffer<UInt64>(uninitializedCount: places.count)
        for (item, place) in places.enumerated() { keys[item] = UInt64(item) << shift | place }
        let sorted = kernels_sort_64(keys.pointer, spare.pointer, places.count, UInt32(bits))
        return places.indices.map { Int(sorted[$0] >> shift) }
    }

    /// - Returns: nil when the two are equal by the key.
    private func precedes(_ left: Int, _ right: Int, by key: Key) -> Bool? {
        switch key {
        case .metric(let metric, let descending):
            return MetricValue.precedes(values[metric][left], values[metric][right], descending: descending)
        case .others:
            return isOthers.isEmpty || isOthers[left] == isOthers[right] ? nil : isOthers[right]
        case .dimension(let dimension, let lanes, let descending):
            if !isOthers.isEmpty, isOthers[left] || isOthers[right], plan.rankedDimensions.contains(dimension) {
                return isOthers[left] == isOthers[right] ? nil : isOthers[right]
            }
            let leftNull = groups.isNull(group(left), dimension)
            let rightNull = groups.isNull(group(right), dimension)
            if leftNull || rightNull { return leftNull == rightNull ? nil : rightNull }
            return lanes[left] == lanes[right] ? nil : (lanes[left] < lanes[right]) != descending
        }
    }

    private func group(_ item: Int) -> Int { items?[item] ?? item }

    private func keys() -> [Key] {
        var asked = order.map { order in
            order.column < plan.dimensions.count
                ? dimensionKey(order.column, descending: order.descending)
                : Key.metric(order.column - plan.dimensions.count, descending: order.descending)
        }
        let positions = Array(plan.dimensions.indices)
        let times = positions.filter { plan.dimensions[$0].grain != nil }
        let rest = positions.filter { plan.dimensions[$0].grain == nil }
        if let top {
            asked = (times + rest).filter(top.per.contains).map { dimensionKey($0, descending: false) }
            asked += [.others, .metric(top.metric, descending: true)]
        }
        return asked + (times + rest).map { dimensionKey($0, descending: false) }
    }

    private func dimensionKey(_ dimension: Int, descending: Bool) -> Key {
        var lanes = (0..<(items?.count ?? groups.count)).map { groups.lane(group($0), dimension) }
        if let pool = groups.pools[dimension] {
            let ranks = AnswerOrdering.ranks(pool)
            for item in lanes.indices where !groups.isNull(group(item), dimension) {
                lanes[item] = ranks[Int(lanes[item])]
            }
        } else if plan.dimensions[dimension].type.storage == .float {
            for item in lanes.indices { lanes[item] = FloatOrder.sortable(lanes[item]) }
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
