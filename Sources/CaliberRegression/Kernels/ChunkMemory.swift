/// Zeros for the results of chunks, each chunk's in a row of its own, so that several threads may write at once.
final class ChunkMemory {
    let numbersPerChunk: Int
    private let memory: DesignMatrix

    init(chunkCount: Int, numbersPerChunk: Int) {
        // Rows start at whole cache lines.
        self.numbersPerChunk = paddedCount(numbersPerChunk)
        memory = DesignMatrix(rowCount: chunkCount, columnCount: self.numbersPerChunk)
    }

    func start(of chunk: Int) -> UnsafeMutablePointer<Double> {
        // A matrix has memory even when it has no rows.
        memory.values.baseAddress! + chunk * numbersPerChunk
    }
}
