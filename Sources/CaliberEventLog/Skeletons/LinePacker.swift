import CSimdJSON

/// Brings lines into columns of what is particular to each, and back. Serves one thread at a time.
final class LinePacker {
    private let handle: OpaquePointer

    init() {
        guard let handle = caliber_packer_create() else { fatalError("no memory for a packer of lines") }
        self.handle = handle
    }

    deinit { caliber_packer_destroy(handle) }

    /// A packing of some lines of a block; valid until the next one. nil when memory is short.
    ///
    /// - Parameter templates: of the skeletons that the block was cut by, by their numbers.
    func pack(_ lines: [Int32], of block: LineBlock, _ templates: [LineTemplate]) -> UnsafeRawBufferPointer? {
        guard caliber_packer_begin(handle) != 0 else { return nil }
        for template in templates {
            guard caliber_packer_declare(handle, template.pieces, template.lengths, template.lengths.count) != 0
            else { return nil }
        }
        let cuts = block.cuts
        for line in lines {
            let index = Int(line)
            let text = block.text(index)
            let skeleton = cuts.skeleton(index)
            let holes = skeleton < 0 ? nil : cuts.holes(index)
            guard caliber_packer_add(handle, text.baseAddress, text.count, Int32(skeleton), holes) != 0
            else { return nil }
        }
        var byteCount = 0
        guard let bytes = caliber_packer_end(handle, &byteCount) else { return nil }
        return UnsafeRawBufferPointer(start: bytes, count: byteCount)
    }

    /// Writes a packing's lines, joined by line feeds, to `target`.
    ///
    /// - Returns: how many bytes; nil when it is no packing, or one of more bytes than there is room for.
    static func unpack(_ packing: UnsafeRawBufferPointer, into target: UnsafeMutableBufferPointer<UInt8>) -> Int? {
        guard let start = packing.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return nil }
        let count = caliber_unpack(start, packing.count, target.baseAddress, target.count)
        return count < 0 ? nil : count
    }
}
