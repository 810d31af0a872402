import CaliberColumns

/// A stream's state as bytes, part after part.
struct StateWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ number: Int64) { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }

    mutating func write(_ number: Int) { write(Int64(number)) }

    /// Plain values as they lie in memory, with their count before them.
    mutating func write<Element: BitwiseCopyable>(_ start: UnsafePointer<Element>, count: Int) {
        write(count)
        bytes.append(contentsOf: UnsafeRawBufferPointer(start: start, count: count * MemoryLayout<Element>.stride))
    }

    mutating func write(_ pool: StringPool) {
        write(pool.count)
        for code in 0..<UInt32(pool.count) {
            let string = pool[code]
            write(string.count)
            bytes.append(contentsOf: string)
        }
    }
}

/// Why stored state can't be used. It is then computed anew from the log, so nobody has to be told.
enum StateProblem: Error {
    case cutShort
    case otherPlan
}

/// Reads what `StateWriter` wrote.
struct StateReader {
    private let bytes: UnsafeRawBufferPointer
    private var place = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { place == bytes.count }

    mutating func number() throws(StateProblem) -> Int64 {
        Int64(littleEndian: try take(MemoryLayout<Int64>.size).loadUnaligned(as: Int64.self))
    }

    /// A count of things that each take some bytes: never more than can be there.
    mutating func count(bytesEach: Int = 1) throws(StateProblem) -> Int {
        let count = try number()
        guard count >= 0, count <= Int64((bytes.count - place) / max(1, bytesEach)) else { throw .cutShort }
        return Int(count)
    }

    mutating func values<Element: BitwiseCopyable>(_ type: Element.Type) throws(StateProblem) -> [Element] {
        let count = try count(bytesEach: MemoryLayout<Element>.stride)
        let source = try take(count * MemoryLayout<Element>.stride)
        return [Element](unsafeUninitializedCapacity: count) { buffer, initialised in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: source)
            initialised = count
        }
    }

    /// Strings get the codes that they had.
    mutating func read(into pool: StringPool) throws(StateProblem) {
        let count = try count(bytesEach: MemoryLayout<Int64>.size)
        for code in 0..<count {
            let length = try self.count()
            guard Int(pool.intern(try take(length))) == code else { throw .otherPlan }
        }
    }

    private mutating func take(_ count: Int) throws(StateProblem) -> UnsafeRawBufferPointer {
        guard count <= bytes.count - place else { throw .cutShort }
        defer { place += count }
        return UnsafeRawBufferPointer(rebasing: bytes[place..<place + count])
    }
}
