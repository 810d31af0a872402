import CaliberColumns
import CaliberDictionary
import CaliberQuery
import CaliberTables

/// Finds rows by looking through a dictionary of keys; as plain as can be.
final class TestLocator: RowLocating {
    private struct Key: Hashable {
        let parts: [Part]
    }

    private enum Part: Hashable {
        case lane(Int64)
        case text(String)
    }

    /// Rows of a key, with the span in which each holds.
    private let rows: [Key: [(row: Int32, from: Int64, until: Int64)]]

    init(_ snapshot: TableSnapshot, _ names: [String], _ validity: ValidityDefinition?) throws {
        var rows: [Key: [(row: Int32, from: Int64, until: Int64)]] = [:]
        var base = 0
        for segment in snapshot.segments {
            let keys = try names.map { TestLocator.cells(try segment.column($0)) }
            let from = try validity.map { TestLocator.cells(try segment.column($0.from)) }
            let until = try validity?.to.map { TestLocator.cells(try segment.column($0)) }
            for row in 0..<segment.rowCount {
                let parts = keys.compactMap { $0[row] }
                guard parts.count == keys.count else { continue }
                var span = (Int64.min, Int64.max)
                if case .lane(let moment) = from?[row] { span.0 = moment }
                if case .lane(let moment) = until?[row] { span.1 = moment }
                rows[Key(parts: parts), default: []].append((Int32(base + row), span.0, span.1))
            }
            base += segment.rowCount
        }
        self.rows = rows
    }

    func locate(
        keys: [KeyLanes], times: KeyLanes?, count: Int, into target: UnsafeMutablePointer<Int32>
    ) {
        for row in 0..<count {
            let parts = keys.compactMap { key -> Part? in
                guard key.validity[row] != 0 else { return nil }
                return key.pool.map { .text($0.string(UInt32(key.lanes[row]))) } ?? .lane(key.lanes[row])
            }
            target[row] = -1
            guard parts.count == keys.count, let found = rows[Key(parts: parts)] else { continue }
            guard let times else {
                target[row] = found[0].row
                continue
            }
            guard times.validity[row] != 0 else { continue }
            let moment = times.lanes[row]
            target[row] = found.first { $0.from <= moment && moment < $0.until }?.row ?? -1
        }
    }

    private static func cells(_ column: EncodedColumn) -> [Part?] {
        let lanes = LaneColumn(capacity: max(column.rowCount, 1))
        for _ in 0..<column.rowCount { lanes.append(Int64(0)) }
        column.read(rows: 0..<column.rowCount, into: lanes.lanes, validity: lanes.validity)
        return (0..<column.rowCount).map { row in
            guard lanes.validity[row] != 0 else { return nil }
            return column.pool.map { .text($0.string(UInt32(lanes.lanes[row]))) } ?? .lane(lanes.lanes[row])
        }
    }
}
