import CaliberDictionary

/// The values of one metric along time, put together from base periods.
struct FramedValues {
    let scan: FramedScan
    let leaf: PlannedLeaf
    let points: [FramePoints.Point]
    let parallelism: Int

    /// One combination of the other dimensions at one point; only where a row counts.
    struct Value {
        let point: Int
        let combination: Int32
        let value: MetricValue
    }

    private var aggregate: PlannedAggregate { scan.program.scan.aggregates[leaf.aggregate] }
    private var rows: [Int64] { scan.totals.states.rowCounts[aggregate.mask.map { $0 + 1 } ?? 0] }

    func values(_ take: (Value) throws -> Void) throws {
        if aggregate.aggregation.isRunning { try runningValues(take) } else { try mergedValues(take) }
    }

    // MARK: Aggregates whose parts add up

    /// A stretch of base periods: its value, and for averages how many values it is the sum of.
    private struct Part {
        var value: MetricValue
        var count: Int64
    }

    private func runningValues(_ take: (Value) throws -> Void) throws {
        let parts = try parts()
        let rows = rows
        let combine = FramedValues.combination(of: leaf.simple.aggregation)
        let isAverage = leaf.simple.aggregation == .average
        let order = scan.combinations.order
        for combination in scan.combinations.keys.indices {
            let range = scan.combinations.starts[combination]..<scan.combinations.starts[combination + 1]
            let groups = order[range].map(Int.init).filter { rows[$0] > 0 }
            try slide(over: groups, parts, combine) { point, part in
                try take(
                    Value(point: point, combination: Int32(combination), value: isAverage ? average(part) : part.value))
            }
        }
    }

    /// Moves a window over the base periods of one combination, from point to point.
    private func slide(
        over groups: [Int], _ parts: [Part], _ combine: @escaping (Part, Part) -> Part,
        _ take: (Int, Part) throws -> Void
    ) rethrows {
        let (baseKeys, points) = (scan.baseKeys, points)
        var window = SlidingWindow(combine)
        var next = 0
        var point = 0
        while point < points.count {
            if window.isEmpty {
                guard next < groups.count else { return }
                // Points whose window ends before the next base period with rows see nothing.
                let key = baseKeys[groups[next]]
                point = firstIndex(in: point..<points.count) { points[$0].keys.upperBound > key }
                guard point < points.count else { return }
            }
            let keys = points[point].keys
            while next < groups.count, baseKeys[groups[next]] < keys.upperBound {
                window.append(parts[groups[next]], key: baseKeys[groups[next]])
                next += 1
            }
            window.removeEntries(before: keys.lowerBound)
            if let total = window.total { try take(point, total) }
            point += 1
        }
    }

    private func parts() throws -> [Part] {
        let values = try values(ofAggregate: leaf.aggregate)
        guard let counted = leaf.countAggregate else { return values.map { Part(value: $0, count: 0) } }
        let counts = try self.values(ofAggregate: counted)
        return zip(values, counts).map { value, count in
            guard case .integer(let count) = count else { return Part(value: value, count: 0) }
            return Part(value: value, count: Int64(clamping: count))
        }
    }

    private func values(ofAggregate position: Int) throws -> [MetricValue] {
        let aggregate = scan.program.scan.aggregates[position]
        return try QueryEvaluation.values(
            of: scan.totals.states.folds[scan.program.foldOfAggregate[position]], aggregate, type: leaf.definition.type,
            groupCount: scan.groups.count, parallelism: parallelism)
    }

    private static func combination(of aggregation: Aggregation) -> (Part, Part) -> Part {
        switch aggregation {
        case .min: { Part(value: $0.value.lesser($1.value), count: 0) }
        case .max: { Part(value: $0.value.greater($1.value), count: 0) }
        default: { Part(value: $0.value.sum($1.value), count: $0.count + $1.count) }
        }
    }

    private func average(_ part: Part) -> MetricValue {
        switch part.value {
        case .null: return .null
        case .integer(let sum): return QueryEvaluation.average(sum, part.count, as: leaf.definition.type)
        case .number(let sum): return part.count == 0 ? .null : .number(sum / Double(part.count))
        }
    }

    // MARK: Aggregates that need the values themselves

    /// Merges the states of each window's base periods.
    private func mergedValues(_ take: (Value) throws -> Void) throws {
        let fold = scan.program.foldOfAggregate[leaf.aggregate]
        let rows = rows
        let baseKeys = scan.baseKeys
        let byTime = (0..<Int32(scan.groups.count)).filter { rows[Int($0)] > 0 }
            .sorted { baseKeys[Int($0)] < baseKeys[Int($1)] }
        let spans = scan.totals.members.map { member -> ClosedRange<Int64>? in
            let keys = member.numbers.map { baseKeys[Int($0)] }
            return keys.min().flatMap { low in keys.max().map { low...$0 } }
        }
        var slotOfGroup = [Int32](repeating: -1, count: scan.groups.count)
        var slotOfCombination = [Int32](repeating: -1, count: scan.combinations.keys.count)
        for (point, keys) in points.map(\.keys).enumerated() {
            let start = firstIndex(in: byTime.indices) { baseKeys[Int(byTime[$0])] >= keys.lowerBound }
            let end = firstIndex(in: byTime.indices) { baseKeys[Int(byTime[$0])] >= keys.upperBound }
            guard start < end else { continue }
            var combinations: [Int32] = []
            for group in byTime[start..<end] {
                let combination = scan.combinations.ofGroup[Int(group)]
                if slotOfCombination[Int(combination)] < 0 {
                    slotOfCombination[Int(combination)] = Int32(combinations.count)
                    combinations.append(combination)
                }
                slotOfGroup[Int(group)] = slotOfCombination[Int(combination)]
            }
            var total = FoldTotal(scan.program.folds[fold])
            total.grow(to: combinations.count)
            for (position, span) in spans.enumerated() {
                guard let span, span.lowerBound < keys.upperBound, span.upperBound >= keys.lowerBound else { continue }
                let member = scan.totals.members[position]
                total.merge(member.partial.folds[fold], member.numbers.map { slotOfGroup[Int($0)] })
            }
            let values = try QueryEvaluation.values(
                of: total, aggregate, type: leaf.definition.type, groupCount: combinations.count,
                parallelism: parallelism)
            for (slot, combination) in combinations.enumerated() {
                try take(Value(point: point, combination: combination, value: values[slot]))
                slotOfCombination[Int(combination)] = -1
            }
            for group in byTime[start..<end] { slotOfGroup[Int(group)] = -1 }
        }
    }
}

extension MetricValue {
    /// Null adds nothing.
    func sum(_ other: MetricValue) -> MetricValue {
        switch (self, other) {
        case (.null, let value), (let value, .null): value
        case (.integer(let first), .integer(let second)): .integer(first + second)
        default: .number((double ?? 0) + (other.double ?? 0))
        }
    }

    func lesser(_ other: MetricValue) -> MetricValue {
        MetricValue.precedes(self, other, descending: false) ?? true ? self : other
    }

    func greater(_ other: MetricValue) -> MetricValue {
        MetricValue.precedes(self, other, descending: true) ?? true ? self : other
    }
}
