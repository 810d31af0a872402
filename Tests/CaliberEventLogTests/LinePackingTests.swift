import CSimdJSON
import CaliberTesting
import Testing

/// Lines packed by their templates come back byte by byte.
@Suite struct LinePackingTests {
    /// Values that follow each other as those of a column do, and some that don't.
    private struct Column {
        var last: [UInt8]

        mutating func next(_ earlier: [[UInt8]], _ generator: inout SeededGenerator) -> [UInt8] {
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: break
            case 1, 2:
                for place in last.indices where (0x30...0x39).contains(last[place]) && Bool.random(using: &generator) {
                    last[place] = UInt8.random(in: 0x30...0x39, using: &generator)
                }
            case 3:
                last =
                    ["", "7", "paid", "shipped", "上海", "2026-03-01T00:00:00Z"].randomElement(using: &generator)!.utf8
                    + []
            case 4:
                guard let other = earlier.randomElement(using: &generator), other.count > 8 else { break }
                last = Array(other.prefix(other.count / 2) + other.suffix(3))
            case 5:
                last = (0..<Int.random(in: 0..<90, using: &generator)).map { _ in
                    UInt8.random(in: 0x20...0xFF, using: &generator)
                }
            case 6:
                last = (0..<Int.random(in: 1..<40, using: &generator)).map { _ in
                    UInt8.random(in: 0x30...0x39, using: &generator)
                }
            default: last = Array("A\(Int.random(in: 0..<1000, using: &generator))".utf8)
            }
            return last
        }
    }

    private struct Example {
        var pieces: [[[UInt8]]] = []
        /// The line's template, -1 for none, and its values.
        var lines: [(template: Int, text: [UInt8], holes: [caliber_hole])] = []

        init(_ generator: inout SeededGenerator, lineCount: Int) {
            for template in 0..<Int.random(in: 1...5, using: &generator) {
                pieces.append((0...Int.random(in: 0...12, using: &generator)).map { Array("<\(template).\($0)>".utf8) })
            }
            var columns = pieces.map {
                [Column](repeating: Column(last: Array("202603010000000077-05".utf8)), count: $0.count - 1)
            }
            for _ in 0..<lineCount {
                let template = Int.random(in: -1..<pieces.count, using: &generator)
                guard template >= 0 else {
                    lines.append((-1, Array("plain \(lines.count)".utf8), []))
                    continue
                }
                var text = pieces[template][0]
                var holes: [caliber_hole] = []
                var values: [[UInt8]] = []
                for hole in columns[template].indices {
                    let value = columns[template][hole].next(values, &generator)
                    values.append(value)
                    holes.append(caliber_hole(start: UInt32(text.count), length: UInt32(value.count)))
                    text += value + pieces[template][hole + 1]
                }
                lines.append((template, text, holes))
            }
        }

        var joined: [UInt8] { Array(lines.map(\.text).joined(separator: [0x0A])) }

        func packed() -> [UInt8] {
            let packer = caliber_packer_create()!
            defer { caliber_packer_destroy(packer) }
            // Twice, so that the second meets what the first has left.
            var packing: [UInt8] = []
            for _ in 0..<2 {
                caliber_packer_begin(packer)
                for pieces in pieces {
                    caliber_packer_declare(packer, pieces.flatMap { $0 }, pieces.map { UInt32($0.count) }, pieces.count)
                }
                let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: joined.count + lines.count + 64)
                defer { memory.deallocate() }
                var start = 0
                for line in lines {
                    (memory + start).update(from: line.text, count: line.text.count)
                    caliber_packer_add(packer, memory + start, line.text.count, Int32(line.template), line.holes)
                    start += line.text.count + 1
                }
                var count = 0
                packing = Array(UnsafeBufferPointer(start: caliber_packer_end(packer, &count), count: count))
            }
            return packing
        }
    }

    /// The bytes of a packing's lines; nil when it is none.
    private func unpacked(_ packing: [UInt8], capacity: Int) -> [UInt8]? {
        // What stands behind the room must stay as it is.
        var lines = [UInt8](repeating: 0xAA, count: capacity + 32)
        let count = caliber_unpack(packing, packing.count, &lines, capacity)
        #expect(lines.suffix(32).allSatisfy { $0 == 0xAA })
        return count < 0 ? nil : Array(lines.prefix(count))
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `packed lines come back byte by byte`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let example = Example(&generator, lineCount: Int.random(in: 1...800, using: &generator))
        let packing = example.packed()
        #expect(unpacked(packing, capacity: example.joined.count) == example.joined)
        #expect(example.joined.isEmpty || unpacked(packing, capacity: example.joined.count - 1) == nil)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `a packing with other bytes in it gives other lines or none`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let example = Example(&generator, lineCount: 60)
        let packing = example.packed()
        for _ in 0..<400 {
            var damaged = packing
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                damaged[damaged.indices.randomElement(using: &generator)!] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            if Bool.random(using: &generator) {
                damaged.removeLast(Int.random(in: 0...damaged.count, using: &generator))
            }
            let lines = unpacked(damaged, capacity: example.joined.count)
            #expect(damaged == packing || lines == nil || lines!.count <= example.joined.count)
        }
    }
}
