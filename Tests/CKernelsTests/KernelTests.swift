import CKernels
import CaliberTesting
import Testing

/// Every loop beside the plainest way to say the same, over random values, lengths and places to start.
@Suite struct KernelTests {
    static let seeds: [UInt64] = Array(1...40)

    @Test(arguments: seeds)
    func `masks say which values lie within a span`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 0...5000, using: &random)
        func check<Value: FixedWidthInteger & UnsignedInteger>(
            _ kernel: (UnsafePointer<Value>, Int, Value, Value, UnsafeMutablePointer<UInt8>) -> Void
        ) {
            let values = (0..<count).map { _ in Value.random(in: 0...40, using: &random) &- 20 }
            let (low, span) = (Value.random(in: 0...40, using: &random) &- 20, Value.random(in: 0...30, using: &random))
            var mask = [UInt8](repeating: 7, count: count)
            kernel(values, count, low, span, &mask)
            #expect(mask == values.map { $0 &- low <= span ? 1 : 0 }, "seed \(seed), \(Value.self)")
        }
        check(kernels_mask_span_8)
        check(kernels_mask_span_16)
        check(kernels_mask_span_32)
        check(kernels_mask_span_64)
    }

    @Test(arguments: seeds)
    func `widened values are base and steps`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 0...3000, using: &random)
        let base = Int64.random(in: .min ... .max, using: &random)
        for scale in [1, Int64.random(in: 2...5_000_000, using: &random)] {
            let values = (0..<count).map { _ in UInt32.random(in: 0 ... .max, using: &random) }
            var lanes = [Int64](repeating: 0, count: count)
            kernels_widen_32(values, count, base, scale, &lanes)
            #expect(lanes == values.map { base &+ scale &* Int64($0) }, "seed \(seed)")
        }
    }

    @Test(arguments: seeds)
    func `sums are the same with masks, slots and banks`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 0...5000, using: &random)
        let slotCount = Int.random(in: 1...30, using: &random)
        func check<Value: FixedWidthInteger & UnsignedInteger>(
            _ sum: (UnsafePointer<Value>, Int) -> UInt64,
            _ masked: (UnsafePointer<Value>, UnsafePointer<UInt8>, Int) -> UInt64,
            _ bySlot: (UnsafePointer<Value>, UnsafePointer<UInt32>, Int, UnsafeMutablePointer<UInt64>, Int) -> Void
        ) {
            let values = (0..<count).map { _ in Value.random(in: 0 ... .max, using: &random) }
            let mask = (0..<count).map { _ in UInt8.random(in: 0...1, using: &random) }
            let slots = (0..<count).map { _ in UInt32.random(in: 0..<UInt32(slotCount), using: &random) }
            #expect(sum(values, count) == values.reduce(0) { $0 &+ UInt64($1) }, "seed \(seed), \(Value.self)")
            #expect(
                masked(values, mask, count) == zip(values, mask).reduce(0) { $0 &+ UInt64($1.0) * UInt64($1.1) },
                "seed \(seed), \(Value.self)")
            var expected = [UInt64](repeating: 0, count: slotCount)
            for (value, slot) in zip(values, slots) { expected[Int(slot)] &+= UInt64(value) }
            for (bank, banks) in [(0, 1), (slotCount, 4)] {
                var sums = [UInt64](repeating: 0, count: slotCount * banks)
                bySlot(values, slots, count, &sums, bank)
                let totals = (0..<slotCount).map { slot in
                    (0..<banks).reduce(UInt64(0)) { $0 &+ sums[slot + $1 * slotCount] }
                }
                #expect(totals == expected, "seed \(seed), \(Value.self), \(banks) banks")
            }
        }
        check(kernels_sum_8, kernels_sum_masked_8, kernels_sum_slots_8)
        check(kernels_sum_16, kernels_sum_masked_16, kernels_sum_slots_16)
        check(kernels_sum_32, kernels_sum_masked_32, kernels_sum_slots_32)
        check(kernels_sum_64, kernels_sum_masked_64, kernels_sum_slots_64)
    }

    @Test(arguments: seeds)
    func `bits become bytes from any place on`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let words = (0..<40).map { _ in UInt64.random(in: 0 ... .max, using: &random) }
        let start = Int.random(in: 0...200, using: &random)
        let count = Int.random(in: 0...(40 * 64 - start), using: &random)
        var bytes = [UInt8](repeating: 9, count: count)
        kernels_expand_bits(words, start, count, &bytes)
        let expected = (start..<start + count).map { UInt8(words[$0 / 64] >> UInt64($0 % 64) & 1) }
        #expect(bytes == expected, "seed \(seed)")
        #expect(kernels_count(bytes, count) == expected.reduce(0) { $0 + Int($1) }, "seed \(seed)")
        #expect(kernels_count_bits(words, 40) == words.reduce(0) { $0 + $1.nonzeroBitCount }, "seed \(seed)")
    }

    @Test(arguments: seeds)
    func `slots are counted, combined and taken from rows that don't pass`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 0...5000, using: &random)
        let slots = (0..<count).map { _ in UInt32.random(in: 0..<50, using: &random) }
        let codes = (0..<count).map { _ in UInt32.random(in: 0..<7, using: &random) }
        let mask = (0..<count).map { _ in UInt8.random(in: 0...1, using: &random) }
        var combined = slots
        kernels_combine_slots(&combined, codes, 7, count)
        #expect(combined == zip(slots, codes).map { $0 * 7 + $1 }, "seed \(seed)")
        var selected = [UInt32](repeating: 0, count: count)
        kernels_select_slots(slots, mask, 99, count, &selected)
        #expect(selected == zip(slots, mask).map { $1 == 1 ? $0 : 99 }, "seed \(seed)")
        var counts = [Int64](repeating: 0, count: 200)
        kernels_count_slots(slots, count, &counts, 50)
        kernels_count_slots_masked(slots, mask, count, &counts, 50)
        let totals = (0..<50).map { slot in (0..<4).reduce(0) { $0 + counts[slot + $1 * 50] } }
        let expected = (0..<50).map { slot in
            Int64(zip(slots, mask).reduce(0) { $0 + ($1.0 == UInt32(slot) ? 1 + Int($1.1) : 0) })
        }
        #expect(totals == expected, "seed \(seed)")
        var lanes = [Int64](repeating: 0, count: count + 1)
        var gathered = [UInt32](repeating: 0, count: count + 1)
        let kept = kernels_gather(slots.map { Int64($0) * 3 }, slots, mask, 5, count, &lanes, &gathered)
        let passing = zip(slots, mask).filter { $0 != 5 && $1 == 1 }.map(\.0)
        #expect(Array(gathered.prefix(kept)) == passing, "seed \(seed)")
        #expect(Array(lanes.prefix(kept)) == passing.map { Int64($0) * 3 }, "seed \(seed)")
    }

    @Test(arguments: seeds)
    func `keys of any number of bits are sorted`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 0...5000, using: &random)
        let bits = UInt32.random(in: 1...64, using: &random)
        var keys = (0..<count).map { _ in
            UInt64.random(in: 0...(bits == 64 ? .max : 1 << UInt64(bits) - 1), using: &random)
        }
        var spare = keys
        let expected = keys.sorted()
        keys.withUnsafeMutableBufferPointer { keys in
            spare.withUnsafeMutableBufferPointer { spare in
                guard let first = keys.baseAddress, let second = spare.baseAddress else { return }
                let sorted = kernels_sort_64(first, second, count, bits)
                #expect(Array(UnsafeBufferPointer(start: sorted, count: count)) == expected, "seed \(seed)")
            }
        }
    }
}
