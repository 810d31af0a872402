import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberTables

/// One value of a row, as a test writes it.
enum Cell: Hashable, Sendable {
    case null
    case integer(Int64)
    case number(Double)
    case boolean(Bool)
    case text(String)

    static func moment(_ text: String, zone: BusinessZone = .utc) -> Cell {
        guard let moment = try? TimestampText.parse(text, zone: zone) else { return .null }
        return .integer(moment.microseconds)
    }
}

/// A table's rows by column, and the snapshot a query sees of them.
struct TestTable: Sendable {
    let definition: TableDefinition
    var rows: [[String: Cell]]
    var segmentRowCount = 3
    var position = LogPosition(sequence: 42)

    /// Rows with an anchor in its order, then the others; cut into segments.
    var orderedRows: [[String: Cell]] {
        guard let anchor = definition.anchor else { return rows }
        func moment(_ row: [String: Cell]) -> Int64? {
            if case .integer(let moment) = row[anchor] { moment } else { nil }
        }
        let anchored = rows.enumerated().filter { moment($0.element) != nil }
            .sorted { (moment($0.element) ?? 0, $0.offset) < (moment($1.element) ?? 0, $1.offset) }
        return anchored.map(\.element) + rows.filter { moment($0) == nil }
    }

    func snapshot() -> TableSnapshot {
        let rows = orderedRows
        let anchoredCount = definition.anchor.map { anchor in
            rows.count { $0[anchor].map { $0 != .null } ?? false }
        }
        let shared = sharedPools()
        var segments: [SegmentSnapshot] = []
        func cut(_ range: Range<Int>, isAnchored: Bool) {
            for start in stride(from: range.lowerBound, to: range.upperBound, by: segmentRowCount) {
                let part = Array(rows[start..<min(start + segmentRowCount, range.upperBound)])
                // Equal rows are one version, others another, as in a file.
                let identity = SegmentIdentity(id: Int64(segments.count), version: Int64(part.hashValue))
                segments.append(segment(part, identity, isAnchored: isAnchored, shared))
            }
        }
        cut(0..<(anchoredCount ?? 0), isAnchored: true)
        cut((anchoredCount ?? 0)..<rows.count, isAnchored: false)
        return TableSnapshot(definition: definition, position: position, segments: segments)
    }

    /// Some of a table's rows, as one state of one segment.
    struct Part {
        var identity: SegmentIdentity
        var rows: [[String: Cell]]
    }

    /// Segments as they are given.
    ///
    /// - Parameter pools: of columns by name; grow from one snapshot to the next, as a table's do.
    func snapshot(of parts: [Part], isAnchored: (Part) -> Bool, pools: [String: StringPool]) -> TableSnapshot {
        for part in parts {
            for row in part.rows {
                for (name, pool) in pools { if case .text(let text)? = row[name] { _ = pool.intern(text) } }
            }
        }
        let frozen = pools.mapValues { $0.frozen() }
        return TableSnapshot(
            definition: definition, position: position,
            segments: parts.map { segment($0.rows, $0.identity, isAnchored: isAnchored($0), frozen) })
    }

    func sharedPools() -> [String: StringPool] {
        var pools: [String: StringPool] = [:]
        for column in definition.columns where column.type.storage == .code {
            if column.type != .text, column.content != .key { pools[column.name] = StringPool() }
        }
        return pools
    }

    private func segment(
        _ rows: [[String: Cell]], _ identity: SegmentIdentity, isAnchored: Bool, _ shared: [String: StringPool]
    ) -> SegmentSnapshot {
        var columns: [String: EncodedColumn] = [:]
        for column in definition.columns {
            if case .derived = column.content { continue }
            columns[column.name] = encode(rows.map { $0[column.name] ?? .null }, column, shared[column.name])
        }
        var anchors: ClosedRange<Int64>?
        if isAnchored, let anchor = definition.anchor { anchors = columns[anchor]?.bounds }
        return SegmentSnapshot(
            identity: identity, rowCount: rows.count, anchors: anchors, columns: TestColumns(columns: columns))
    }

    private func encode(_ cells: [Cell], _ column: ColumnDefinition, _ shared: StringPool?) -> EncodedColumn {
        let isText = column.type.storage == .code
        let own = isText && shared == nil ? StringPool() : nil
        let values = LaneColumn(pool: shared ?? own)
        for cell in cells {
            switch cell {
            case .null: values.appendNull()
            case .integer(let value): values.append(value)
            case .number(let value): values.append(value)
            case .boolean(let value): values.append(Int64(value ? 1 : 0))
            case .text(let text):
                if let shared {
                    values.append(Int64(shared.intern(text)))
                } else if let own {
                    // As the tables do for keys and free text: every string its own code.
                    var copy = text
                    values.append(Int64(copy.withUTF8 { own.append(UnsafeRawBufferPointer($0)) }))
                }
            }
        }
        return EncodedColumn(
            lanes: values.lanes, validity: values.validity, rowCount: values.count,
            isFloat: column.type.storage == .float, pool: shared ?? own)
    }
}

private struct TestColumns: SegmentColumns {
    let columns: [String: EncodedColumn]

    func column(_ name: String) throws -> EncodedColumn {
        guard let column = columns[name] else { throw Diagnostic("no-such-column", name) }
        return column
    }
}
