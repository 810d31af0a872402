/// Rows with the spans they hold for, as they are met.
struct SpanCollector {
    struct Span {
        let entity: Int
        let row: Int
        let from: Int64
        /// The first moment that it no longer holds; `.max` when it is open.
        let to: Int64
    }

    var spans: [Span] = []

    /// - Parameter to: nil where the table has no such column; a null in it is an open end.
    mutating func add(entity: Int, row: Int, from: Int64?, to: Int64??) {
        // A row that doesn't say since when holds at no moment that could be named.
        guard let from else { return }
        spans.append(Span(entity: entity, row: row, from: from, to: (to ?? nil) ?? .max))
    }
}

/// For each entity, its rows by the moment from which they hold.
struct ValiditySpans {
    private let starts: [Int32]
    private let froms: [Int64]
    private let tos: [Int64]
    /// The latest end among an entity's spans up to each: where it has passed, no earlier span can hold.
    private let latestTos: [Int64]
    private let rows: [Int32]
    /// Entities of which two rows hold at one moment.
    let overlappingEntityCount: Int

    /// - Parameter endsWithNext: each span lasts until the entity's next one begins.
    init(_ collector: SpanCollector, endsWithNext: Bool) {
        let spans = collector.spans.sorted { ($0.entity, $0.from, $0.row) < ($1.entity, $1.from, $1.row) }
        var starts = [Int32](repeating: 0, count: (spans.last?.entity ?? -1) + 2)
        for span in spans { starts[span.entity + 1] += 1 }
        for entity in 1..<max(starts.count, 1) { starts[entity] += starts[entity - 1] }
        var tos: [Int64] = []
        var latest: [Int64] = []
        var overlapping: Set<Int> = []
        for (index, span) in spans.enumerated() {
            let next = index + 1 < spans.count && spans[index + 1].entity == span.entity ? spans[index + 1] : nil
            tos.append(endsWithNext ? next?.from ?? .max : span.to)
            let isFirst = index == 0 || spans[index - 1].entity != span.entity
            if !isFirst, latest[index - 1] > span.from, tos[index] > span.from { overlapping.insert(span.entity) }
            latest.append(isFirst ? tos[index] : max(latest[index - 1], tos[index]))
        }
        self.starts = starts
        froms = spans.map(\.from)
        self.tos = tos
        latestTos = latest
        rows = spans.map { Int32(truncatingIfNeeded: $0.row) }
        overlappingEntityCount = overlapping.count
    }

    var byteCount: Int { starts.count * 4 + rows.count * 28 }

    /// The row that holds at a moment, of several the one that began last; or -1.
    func row(entity: Int, at moment: Int64) -> Int32 {
        guard entity + 1 < starts.count else { return -1 }
        let first = Int(starts[entity])
        var low = first
        var high = Int(starts[entity + 1])
        while low < high {
            let middle = (low + high) / 2
            if froms[middle] <= moment { low = middle + 1 } else { high = middle }
        }
        var index = low - 1
        while index >= first, latestTos[index] > moment {
            if tos[index] > moment { return rows[index] }
            index -= 1
        }
        return -1
    }
}
