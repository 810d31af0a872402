import Foundation
import Synchronization

/// Bytes in order, until there are no more. Serves one thread at a time.
protocol ByteSource: AnyObject {
    /// Fills as much of `target` as there is at hand, at least one byte.
    ///
    /// - Returns: how many bytes; 0 at the end.
    func read(into target: UnsafeMutableRawBufferPointer) throws -> Int
    /// How far the input itself has been read: of a compressed one, its compressed bytes.
    var consumedByteCount: Int64 { get }
    /// The input's own length, where it is known.
    var totalByteCount: Int64? { get }
}

extension ByteSource {
    /// Reads until `target` is full or the input ends.
    func fill(_ target: UnsafeMutableRawBufferPointer) throws -> Int {
        var count = 0
        while count < target.count {
            let added = try read(into: UnsafeMutableRawBufferPointer(rebasing: target[count...]))
            if added == 0 { break }
            count += added
        }
        return count
    }
}

/// A file or standard input, by its descriptor.
final class DescriptorSource: ByteSource {
    private let descriptor: Int32
    private let path: String
    private let closesDescriptor: Bool
    private(set) var consumedByteCount: Int64 = 0
    let totalByteCount: Int64?

    init(path: String) throws {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw InputProblem.unreadable(path: path, errno: errno) }
        self.path = path
        closesDescriptor = true
        var status = stat()
        let isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        totalByteCount = isRegular ? Int64(status.st_size) : nil
    }

    init(standardInput descriptor: Int32) {
        self.descriptor = descriptor
        path = "<stdin>"
        closesDescriptor = false
        totalByteCount = nil
    }

    deinit {
        if closesDescriptor { close(descriptor) }
    }

    func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            let count = Foundation.read(descriptor, target.baseAddress, target.count)
            if count >= 0 {
                consumedByteCount += Int64(count)
                return count
            }
            guard errno == EINTR else { throw InputProblem.unreadable(path: path, errno: errno) }
        }
    }
}

/// Bytes at hand.
final class MemorySource: ByteSource {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var consumedByteCount: Int64 { Int64(offset) }
    var totalByteCount: Int64? { Int64(bytes.count) }

    func read(into target: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(target.count, bytes.count - offset)
        bytes.withUnsafeBytes { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count])) }
        offset += count
        return count
    }
}

/// A source whose first bytes were looked at and are given once more.
final class PeekedSource: ByteSource {
    private let base: any ByteSource
    private let head: [UInt8]
    private var offset = 0

    /// Reads up to `byteCount` bytes ahead.
    init(_ base: any ByteSource, byteCount: Int) throws {
        self.base = base
        var bytes = [UInt8](repeating: 0, count: byteCount)
        let count = try bytes.withUnsafeMutableBytes { try base.fill($0) }
        head = Array(bytes.prefix(count))
    }

    func begins(with prefix: [UInt8]) -> Bool { head.starts(with: prefix) }

    var consumedByteCount: Int64 { base.consumedByteCount }
    var totalByteCount: Int64? { base.totalByteCount }

    func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
        guard offset < head.count else { return try base.read(into: target) }
        let count = min(target.count, head.count - offset)
        head.withUnsafeBytes { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count])) }
        offset += count
        return count
    }
}

extension EventInput {
    /// The input's plain bytes, whatever it is packed in.
    func open() throws -> any ByteSource {
        let raw: any ByteSource =
            switch content {
            case .file(let path): try DescriptorSource(path: path)
            case .standardInput: DescriptorSource(standardInput: STDIN_FILENO)
            case .bytes(let bytes): MemorySource(bytes)
            }
        guard sections.sections.isEmpty else { return raw }
        let peeked = try PeekedSource(raw, byteCount: 4)
        if peeked.begins(with: [0x1F, 0x8B]) { return try GzipSource(peeked, file: origin) }
        if peeked.begins(with: [0x28, 0xB5, 0x2F, 0xFD]) { return try ZstdSource(peeked, file: origin) }
        return peeked
    }
}
