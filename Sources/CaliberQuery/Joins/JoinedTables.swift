import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTables
import Synchronization

/// The tables that one scan joins, made ready once: for each first join, how to find a row; for each joined column, its
/// values by the row number of the first join's table. They stay ready as long as those tables stay as they are.
final class JoinedTables: Sendable {
    /// First joins by name.
    private let indices: [String: (join: PlannedJoin, index: DimensionIndex)]
    private let columns: [ColumnReference: JoinedColumn]
    /// How many rows the scan will look up at most; a pool that is not larger is looked up as a whole.
    private let scannedRowCount: Int
    /// Row numbers by code, for pools that many segments share and that grow.
    private let rowNumbersByCode = Mutex<[PoolKey: [Int32]]>([:])
    /// What of the joined rows can't be told apart.
    let problems: [TablesProblem]
    private let fixedByteCount: Int

    private struct PoolKey: Hashable {
        let join: String
        let lineage: UInt64
    }

    /// What they take in memory.
    var byteCount: Int { fixedByteCount + rowNumbersByCode.withLock { $0.values.reduce(0) { $0 + $1.count * 4 } } }

    /// - Parameters:
    ///   - snapshot: gives a table by name.
    init(
        _ scan: PlannedScan, scannedRowCount: Int, snapshot: (String) throws -> TableSnapshot
    ) throws {
        var indices: [String: (join: PlannedJoin, index: DimensionIndex)] = [:]
        /// From the rows of the first join's table to those of the path's last.
        var rows: [[String]: [Int32]] = [:]
        var problems: [TablesProblem] = []
        var byteCount = 0
        for join in scan.joins {
            let target = try snapshot(join.target.name)
            let key = join.target.validity?.entity ?? join.target.key.map(\.name)
            let index = try DimensionIndex(
                snapshot: target, keyColumns: key, validity: join.target.validity)
            problems += index.problems.filter { !problems.contains($0) }
            byteCount += index.byteCount
            if join.path.count == 1 {
                indices[join.path[0]] = (join, index)
            } else {
                rows[join.path] = try JoinedTables.nextRows(
                    join, index, origin: try snapshot(join.origin.name), nearer: rows[Array(join.path.dropLast())])
            }
        }
        var columns: [ColumnReference: JoinedColumn] = [:]
        for reference in scan.columnsRead where !reference.path.isEmpty {
            guard let join = scan.joins.first(where: { $0.path == reference.path }) else { continue }
            var column = try JoinedColumn(reference.name, of: try snapshot(join.target.name))
            if let nearer = rows[reference.path] { column = JoinedColumn(column, through: nearer) }
            columns[reference] = column
            byteCount += column.values.count * 9
        }
        self.problems = problems
        fixedByteCount = byteCount
        self.indices = indices
        self.columns = columns
        self.scannedRowCount = scannedRowCount
    }

    /// A joined column that was named when the scan was planned.
    func column(_ reference: ColumnReference) throws -> JoinedColumn {
        guard let column = columns[reference] else {
            throw QueryProblem.unknownTable(name: reference.qualifiedName, nearest: []).diagnostic
        }
        return column
    }

    /// The other table's row for each row of a segment.
    func rowNumbers(of segment: SegmentSnapshot, through join: String) throws -> [Int32] {
        guard let (planned, index) = indices[join] else {
            throw QueryProblem.unknownTable(name: join, nearest: []).diagnostic
        }
        let keys = try planned.definition.on.map { try segment.column($0) }
        let moment =
            planned.target.validity == nil ? nil : try planned.definition.validAt.map { try segment.column($0) }
        if keys.count == 1, moment == nil, let pool = keys[0].pool, pool.isInterned, pool.count <= scannedRowCount {
            return gather(keys[0], by: rowNumbers(of: pool, join: join, index))
        }
        return JoinedTables.locate(keys, moment, rowCount: segment.rowCount, index)
    }

    private func rowNumbers(of pool: StringPool, join: String, _ index: DimensionIndex) -> [Int32] {
        let key = PoolKey(join: join, lineage: pool.lineage)
        let known = rowNumbersByCode.withLock { $0[key] ?? [] }
        // Codes of a pool that was frozen earlier are codes of this one too.
        guard known.count < pool.count else { return known }
        let rows = known + rowNumbers(ofCodes: known.count..<pool.count, in: pool, index)
        rowNumbersByCode.withLock { if $0[key]?.count ?? 0 < rows.count { $0[key] = rows } }
        return rows
    }

    private func rowNumbers(ofCodes codes: Range<Int>, in pool: StringPool, _ index: DimensionIndex) -> [Int32] {
        let lanes = ScratchBuffer<Int64>(count: codes.count, repeating: 0)
        let validity = ScratchBuffer<UInt8>(count: codes.count, repeating: 1)
        for (position, code) in codes.enumerated() { lanes[position] = Int64(code) }
        return [Int32](unsafeUninitializedCapacity: codes.count) { buffer, count in
            if let target = buffer.baseAddress {
                index.rows(
                    forKeys: [
                        KeyPart(
                            lanes: UnsafePointer(lanes.pointer), validity: UnsafePointer(validity.pointer), pool: pool)
                    ], times: nil, count: codes.count, into: target)
            }
            count = codes.count
        }
    }

    private func gather(_ column: EncodedColumn, by rowsOfCode: [Int32]) -> [Int32] {
        let lanes = ScratchBuffer<Int64>(count: column.rowCount, repeating: 0)
        let validity = ScratchBuffer<UInt8>(count: column.rowCount, repeating: 0)
        column.read(rows: 0..<column.rowCount, into: lanes.pointer, validity: validity.pointer)
        return (0..<column.rowCount).map { validity[$0] == 0 ? -1 : rowsOfCode[Int(lanes[$0])] }
    }

    private static func locate(
        _ keys: [EncodedColumn], _ moment: EncodedColumn?, rowCount: Int, _ index: DimensionIndex
    ) -> [Int32] {
        let columns = (keys + [moment].compactMap { $0 }).map { column in
            let lanes = ScratchBuffer<Int64>(count: rowCount, repeating: 0)
            let validity = ScratchBuffer<UInt8>(count: rowCount, repeating: 0)
            column.read(rows: 0..<rowCount, into: lanes.pointer, validity: validity.pointer)
            return (lanes: lanes, validity: validity, pool: column.pool)
        }
        return withExtendedLifetime(columns) {
            let lanes = columns.map {
                KeyPart(
                    lanes: UnsafePointer($0.lanes.pointer), validity: UnsafePointer($0.validity.pointer), pool: $0.pool)
            }
            return [Int32](unsafeUninitializedCapacity: rowCount) { buffer, count in
                if let target = buffer.baseAddress {
                    index.rows(
                        forKeys: Array(lanes.prefix(keys.count)), times: moment == nil ? nil : lanes.last,
                        count: rowCount, into: target)
                }
                count = rowCount
            }
        }
    }

    /// For each row of the path's first table, the row that the path's last join gives.
    private static func nextRows(
        _ join: PlannedJoin, _ index: DimensionIndex, origin: TableSnapshot, nearer: [Int32]?
    ) throws -> [Int32] {
        let keys = try join.definition.on.map { try JoinedColumn($0, of: origin) }
        let moment =
            join.target.validity == nil ? nil : try join.definition.validAt.map { try JoinedColumn($0, of: origin) }
        func lanes(_ column: JoinedColumn) -> KeyPart {
            KeyPart(
                lanes: UnsafePointer(column.values.lanes), validity: UnsafePointer(column.values.validity),
                pool: column.values.pool)
        }
        let rowCount = origin.rowCount
        let found = withExtendedLifetime((keys, moment)) {
            [Int32](unsafeUninitializedCapacity: rowCount) { buffer, count in
                if let target = buffer.baseAddress {
                    index.rows(
                        forKeys: keys.map(lanes), times: moment.map(lanes), count: rowCount, into: target)
                }
                count = rowCount
            }
        }
        guard let nearer else { return found }
        return nearer.map { $0 < 0 ? -1 : found[Int($0)] }
    }
}
