import CaliberColumns
import CaliberDictionary

/// Tells which rows are closed, of the rows as they are kept.
final class RowClosing {
    private let observed: ObservedEvents
    private let program: Program
    private let memory: RowMemory
    private var mask = [UInt8](repeating: 0, count: RowClosing.rowsAtOnce)

    private static let rowsAtOnce = VectorProgram.chunkRowCount

    /// - Returns: nil where rows are never closed, or where it hangs on more than what is kept of them.
    init?(_ set: FeaturePlan, _ memory: RowMemory, slotPools: [StringPool?]) {
        guard let closed = set.closed,
            closed.references.allSatisfy({ $0.path.isEmpty && set.rows.slot(of: $0.name) != nil })
        else { return nil }
        observed = ObservedEvents(stride: memory.stride, firstLane: memory.firstLane)
        self.memory = memory
        var binding = ProgramBinding(nil, set: set, observed: observed, slotPools: slotPools)
        program = binding.ofRow(closed)
    }

    /// Which of some rows are closed.
    func closed(_ rows: [Int]) -> [Int] {
        var closed: [Int] = []
        for start in stride(from: 0, to: rows.count, by: RowClosing.rowsAtOnce) {
            let some = rows[start..<min(start + RowClosing.rowsAtOnce, rows.count)]
            observed.reserve(some.count)
            for (index, row) in some.enumerated() {
                observed.record(index).update(from: memory.record(row), count: memory.stride)
            }
            mask.withUnsafeMutableBufferPointer { buffer in
                if let start = buffer.baseAddress { program.mask(count: some.count, into: start) }
            }
            for (index, row) in some.enumerated() where mask[index] != 0 { closed.append(row) }
        }
        return closed
    }
}
