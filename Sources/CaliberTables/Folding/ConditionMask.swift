import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberEventLog

/// A fold's `when`: which events of a batch it takes. Unknown is no.
struct ConditionMask: Sendable {
    private let program: VectorProgram

    init(_ condition: TypedExpression, zone: BusinessZone) {
        program = VectorProgram(condition, zone: zone)
    }

    /// One byte an event, 1 where the condition is true.
    func evaluate(_ batch: EventBatch, into mask: UnsafeMutablePointer<UInt8>) {
        let run = VectorRun(program, source: EventBatchSource(batch, inputs: program.inputs))
        var first = 0
        while first < batch.count {
            let rows = first..<min(first + VectorProgram.chunkRowCount, batch.count)
            (mask + first).update(from: run.evaluateMask(rows: rows), count: rows.count)
            first = rows.upperBound
        }
    }
}

/// A batch's fields, by the names that conditions call them.
private struct EventBatchSource: ColumnSource {
    let rowCount: Int
    private let columns: [LaneColumn?]

    init(_ batch: EventBatch, inputs: [ColumnReference]) {
        rowCount = batch.count
        columns = inputs.map { input in
            switch input.name {
            case "$time": batch.time
            case "$id": batch.eventID
            default: batch.contract.fieldIndex(named: input.name).map { batch.fields[$0] }
            }
        }
    }

    func read(
        _ input: Int, rows: Range<Int>, into lanes: UnsafeMutablePointer<Int64>,
        validity: UnsafeMutablePointer<UInt8>
    ) {
        guard let column = columns[input] else {
            lanes.update(repeating: 0, count: rows.count)
            validity.update(repeating: 0, count: rows.count)
            return
        }
        lanes.update(from: column.lanes + rows.lowerBound, count: rows.count)
        validity.update(from: column.validity + rows.lowerBound, count: rows.count)
    }

    func pool(of input: Int) -> StringPool? { columns[input]?.pool }
}
