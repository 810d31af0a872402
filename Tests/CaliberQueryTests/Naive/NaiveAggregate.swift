import CaliberDictionary
import CaliberQuery

/// Aggregates over plain lists of values.
enum NaiveAggregate {
    /// - Parameter cells: one a row that counts; nil where rows are counted.
    static func value(_ aggregation: Aggregation, _ cells: [Cell?], _ type: LogicalType) -> AnswerValue {
        let values = cells.compactMap { $0 }.filter { $0 != .null }
        let integers = values.compactMap { cell -> Int128? in
            if case .integer(let value) = cell { Int128(value) } else { nil }
        }
        let numbers = values.compactMap { cell -> Double? in
            if case .number(let value) = cell { value } else { nil }
        }
        switch aggregation {
        case .count, .countNew:
            return .integer(Int128(cells.first.map { $0 == nil } ?? true ? cells.count : values.count))
        case .countDistinct: return .integer(Int128(Set(values).count))
        case .sumBoolean:
            return cells.isEmpty ? .null : .integer(Int128(values.count { $0 == .boolean(true) }))
        case .sum:
            if !integers.isEmpty { return .integer(integers.reduce(0, +)) }
            return numbers.isEmpty ? .null : .number(numbers.reduce(0, +))
        case .average:
            if type.storage == .integer {
                guard !integers.isEmpty else { return .null }
                let exact = Double(integers.reduce(0, +)) / Double(integers.count)
                return .integer(Int128(exact.rounded(.toNearestOrAwayFromZero)))
            }
            if !integers.isEmpty { return .number(Double(integers.reduce(0, +)) / Double(integers.count)) }
            return numbers.isEmpty ? .null : .number(numbers.reduce(0, +) / Double(numbers.count))
        case .min: return integers.min().map(AnswerValue.integer) ?? numbers.min().map(AnswerValue.number) ?? .null
        case .max: return integers.max().map(AnswerValue.integer) ?? numbers.max().map(AnswerValue.number) ?? .null
        case .percentile(let fraction, let continuous):
            let sorted = (integers.map { Double($0) } + numbers).sorted()
            guard !sorted.isEmpty else { return .null }
            guard continuous else {
                let index = (0..<sorted.count).first { Double($0 + 1) / Double(sorted.count) >= fraction - 1e-12 }
                return .number(sorted[index ?? sorted.count - 1])
            }
            let position = fraction * Double(sorted.count - 1)
            let lower = Int(position)
            let upper = min(lower + 1, sorted.count - 1)
            return .number(sorted[lower] + (sorted[upper] - sorted[lower]) * (position - Double(lower)))
        }
    }
}
