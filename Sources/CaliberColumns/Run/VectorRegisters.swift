/// The registers of one run: for each, a chunk of eight-byte values and a chunk of validity bytes.
///
/// Masks use the first bytes of the value area. Access binds the memory to the type asked for; every instruction asks
/// anew, so no two types look at one register at a time.
struct VectorRegisters {
    private let memory: UnsafeMutableRawPointer

    private static let valueBytes = VectorProgram.chunkRowCount * 8
    private static let registerBytes = VectorProgram.chunkRowCount * 9
    /// A cache line, and the widest vector register.
    private static let alignment = 64

    init(count: Int) {
        let byteCount = max(count, 1) * VectorRegisters.registerBytes
        memory = .allocate(byteCount: byteCount, alignment: VectorRegisters.alignment)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    }

    func deallocate() { memory.deallocate() }

    @inline(__always)
    func lanes(_ register: Int) -> UnsafeMutablePointer<Int64> {
        (memory + register * VectorRegisters.registerBytes)
            .bindMemory(to: Int64.self, capacity: VectorProgram.chunkRowCount)
    }

    @inline(__always)
    func floats(_ register: Int) -> UnsafeMutablePointer<Double> {
        (memory + register * VectorRegisters.registerBytes)
            .bindMemory(to: Double.self, capacity: VectorProgram.chunkRowCount)
    }

    @inline(__always)
    func mask(_ register: Int) -> UnsafeMutablePointer<UInt8> {
        (memory + register * VectorRegisters.registerBytes)
            .bindMemory(to: UInt8.self, capacity: VectorProgram.chunkRowCount)
    }

    @inline(__always)
    func validity(_ register: Int) -> UnsafeMutablePointer<UInt8> {
        (memory + register * VectorRegisters.registerBytes + VectorRegisters.valueBytes)
            .bindMemory(to: UInt8.self, capacity: VectorProgram.chunkRowCount)
    }
}
