import CaliberColumns

/// One part of a stream's state as bytes.
final class StateWriter {
    private(set) var bytes: [UInt8] = []

    func removeAll() { bytes.removeAll(keepingCapacity: true) }

    func write(_ number: Int64) { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }

    func write(_ number: Int) { write(Int64(number)) }

    /// Plain values as they lie in memory.
    func write<Element: BitwiseCopyable>(_ start: UnsafePointer<Element>, count: Int) {
        bytes.append(contentsOf: UnsafeRawBufferPointer(start: start, count: count * MemoryLayout<Element>.stride))
    }

    func write(_ string: UnsafeRawBufferPointer) {
        write(string.count)
        bytes.append(contentsOf: string)
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

    /// A number below a bound.
    mutating func number(below bound: Int) throws(StateProblem) -> Int {
        let number = try number()
        guard number >= 0, number < Int64(bound) else { throw .otherPlan }
        return Int(number)
    }

    mutating func values<Element: BitwiseCopyable>(
        _ type: Element.Type, count: Int
    ) throws(StateProblem) -> [Element] {
        guard count >= 0, count <= (bytes.count - place) / MemoryLayout<Element>.stride else { throw .cutShort }
        let source = try take(count * MemoryLayout<Element>.stride)
        return [Element](unsafeUninitializedCapacity: count) { buffer, initialised in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: source)
            initialised = count
        }
    }

    mutating func string() throws(StateProblem) -> UnsafeRawBufferPointer { try take(try count()) }

    private mutating func take(_ count: Int) throws(StateProblem) -> UnsafeRawBufferPointer {
        guard count <= bytes.count - place else { throw .cutShort }
        defer { place += count }
        return UnsafeRawBufferPointer(rebasing: bytes[place..<place + count])
    }
}
