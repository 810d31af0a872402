/// Where two engines' answers to a query differ.
enum AnswerComparison {
    /// - Returns: the first difference in words; nil when the answers are equal: groups, counts and amounts exactly,
    ///   quotients and percentiles to a part in 10⁹.
    static func difference(
        _ query: BenchmarkQuery, _ left: [[AnswerCell]], _ right: [[AnswerCell]]
    ) -> String? {
        guard left.count == right.count else { return "\(left.count) rows and \(right.count) rows" }
        let pairs = zip(query.isOrdered ? left : sorted(left, query), query.isOrdered ? right : sorted(right, query))
        for (leftRow, rightRow) in pairs where !isEqual(leftRow, rightRow, query) {
            return "\(leftRow) and \(rightRow)"
        }
        return nil
    }

    private static func isEqual(_ left: [AnswerCell], _ right: [AnswerCell], _ query: BenchmarkQuery) -> Bool {
        guard left.count == right.count else { return false }
        return left.indices.allSatisfy { column in
            query.realColumns.contains(column)
                ? left[column].isClose(to: right[column]) : left[column] == right[column]
        }
    }

    private static func sorted(_ rows: [[AnswerCell]], _ query: BenchmarkQuery) -> [[AnswerCell]] {
        func key(_ row: [AnswerCell]) -> String { "\(row.prefix(query.groupBy.count))" }
        return rows.map { (key($0), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    }
}
