import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTables

/// What a label says of each row of its table, and since when that is final.
struct RowLabels {
    enum Value: UInt8 { case unknown, good, bad }

    /// Rows by their key: codes are positions in the arrays.
    let keys = StringPool()
    private(set) var values: [Value] = []
    /// UTC microseconds; a reviewer's word is final at once.
    private(set) var maturesAt: [Int64] = []
    /// Codes of `groupNames`; −1 where the row has none.
    private(set) var groups: [Int32] = []
    let groupNames = StringPool()

    /// - Parameter group: a stored text column that figures are told by.
    init(_ label: LabelDefinition, of snapshot: TableSnapshot, zone: BusinessZone, group: String?) throws {
        let program = VectorProgram(label.expression, zone: zone)
        let keyName = snapshot.definition.key[0].name
        for segment in snapshot.segments {
            let reading = SegmentSource(
                columns: try program.inputs.map { try segment.column($0.name) }, rowCount: segment.rowCount)
            let conditions = VectorRun(program, source: reading)
            let key = ColumnReading(try segment.column(keyName))
            let since = ColumnReading(try segment.column(label.since))
            let verdict = try label.verdict.map { ColumnReading(try segment.column($0.column)) }
            let groupColumn = try group.map { ColumnReading(try segment.column($0)) }
            for start in stride(from: 0, to: segment.rowCount, by: VectorProgram.chunkRowCount) {
                let rows = start..<min(start + VectorProgram.chunkRowCount, segment.rowCount)
                let holds = conditions.evaluate(rows: rows)
                for column in [key, since, verdict, groupColumn].compactMap({ $0 }) { column.read(rows) }
                for index in 0..<rows.count {
                    guard let text = key.text(index) else { continue }
                    _ = keys.append(text)
                    let word = verdict?.string(index).flatMap { label.verdict?.value(of: $0) }
                    let since = since.integer(index)
                    let computed: Value =
                        since == nil || holds.validity[index] == 0
                        ? .unknown : holds.lanes[index] != 0 ? .bad : .good
                    values.append(word.map { $0 ? .bad : .good } ?? computed)
                    maturesAt.append(word == nil ? (since ?? 0) + label.maturity : .min)
                    groups.append(groupColumn?.text(index).map { Int32(bitPattern: groupNames.intern($0)) } ?? -1)
                }
            }
        }
        keys.index()
    }

    /// The row of a key.
    func row(of key: UnsafeRawBufferPointer) -> Int? { keys.code(of: key).map { Int($0) } }

    /// Rows that can be learned from once they are mature.
    var labelledCount: Int { values.reduce(0) { $0 + ($1 == .unknown ? 0 : 1) } }
}

extension LabelDefinition.Verdict {
    /// Whether a word means bad; nil when it means neither.
    fileprivate func value(of word: String) -> Bool? { bad.contains(word) ? true : good.contains(word) ? false : nil }
}

/// One column of a segment, a chunk of rows at a time.
private final class ColumnReading {
    private let column: EncodedColumn
    private let lanes = UnsafeMutablePointer<Int64>.allocate(capacity: VectorProgram.chunkRowCount)
    private let validity = UnsafeMutablePointer<UInt8>.allocate(capacity: VectorProgram.chunkRowCount)

    init(_ column: EncodedColumn) {
        self.column = column
    }

    deinit {
        lanes.deallocate()
        validity.deallocate()
    }

    func read(_ rows: Range<Int>) { column.read(rows: rows, into: lanes, validity: validity) }

    func integer(_ index: Int) -> Int64? { validity[index] == 0 ? nil : lanes[index] }

    func text(_ index: Int) -> UnsafeRawBufferPointer? {
        guard validity[index] != 0, let pool = column.pool else { return nil }
        return pool[UInt32(truncatingIfNeeded: lanes[index])]
    }

    func string(_ index: Int) -> String? { text(index).map { String(decoding: $0, as: UTF8.self) } }
}

/// A segment's columns as a program's inputs.
struct SegmentSource: ColumnSource {
    let columns: [EncodedColumn]
    let rowCount: Int

    func read(
        _ input: Int, rows: Range<Int>, into lanes: UnsafeMutablePointer<Int64>,
        validity: UnsafeMutablePointer<UInt8>
    ) {
        columns[input].read(rows: rows, into: lanes, validity: validity)
    }

    func pool(of input: Int) -> StringPool? { columns[input].pool }
}
