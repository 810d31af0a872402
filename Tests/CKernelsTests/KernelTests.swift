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
    }

    @Test(arguments: seeds)
    func `values are collected by slot, each kept once where that is asked`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 1...3000, using: &random)
        let values = (0..<count).map { _ in UInt32.random(in: 0..<500, using: &random) }
        let slots = (0..<count).map { _ in UInt32.random(in: 0..<50, using: &random) }
        let mask = (0..<count).map { _ in UInt8.random(in: 0...1, using: &random) }
        var kept = [UInt32](repeating: 0, count: count + 1)
        var keptSlots = kept
        let compressed = kernels_compress_32(values, mask, count, &kept)
        #expect(Array(kept.prefix(compressed)) == zip(values, mask).filter { $1 == 1 }.map(\.0), "seed \(seed)")
        let gathered = kernels_gather_32(values, slots, mask, 5, count, &kept, &keptSlots)
        let passing = (0..<count).filter { slots[$0] != 5 && mask[$0] == 1 }
        #expect(Array(kept.prefix(gathered)) == passing.map { values[$0] }, "seed \(seed)")
        #expect(Array(keptSlots.prefix(gathered)) == passing.map { slots[$0] }, "seed \(seed)")

        var next = (0..<50).map { slot in UInt32(slots.count { $0 < slot }) }
        var scattered = [UInt32](repeating: 0, count: count)
        kernels_scatter_32(values, slots, count, &next, &scattered)
        let bySlot = (0..<count).sorted { (slots[$0], $0) < (slots[$1], $1) }
        #expect(scattered == bySlot.map { values[$0] }, "seed \(seed)")

        var bitmap = [UInt64](repeating: 0, count: 4000)
        var firsts = values
        let different = firsts.withUnsafeMutableBufferPointer { firsts in
            firsts.baseAddress.map { kernels_keep_new_32($0, count, &bitmap, $0) } ?? 0
        }
        var seen: Set<UInt32> = []
        #expect(Array(firsts.prefix(different)) == values.filter { seen.insert($0).inserted }, "seed \(seed)")
        kernels_clear_marks_32(values, count, 0, 1, &bitmap)
        #expect(bitmap.allSatisfy { $0 == 0 }, "seed \(seed)")
        #expect(kernels_mark_new_32(values, count, 7, 3, &bitmap) == seen.count, "seed \(seed)")
        kernels_mark_32(values, count, 7, 3, &bitmap)
        let marked = (0..<4000 * 64).filter { (position: Int) -> Bool in
            let word: UInt64 = bitmap[position / 64]
            return word >> UInt64(position % 64) & 1 == 1
        }
        #expect(marked == seen.map { Int($0) * 3 + 7 }.sorted(), "seed \(seed)")
    }

    @Test(arguments: seeds)
    func `lanes are narrowed by a step that all are multiples of, and packed`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 1...3000, using: &random)
        let step = UInt64.random(in: 1...100_000, using: &random) << UInt64.random(in: 0...8, using: &random)
        let base = Int64.random(in: -1_000_000_000_000...1_000_000_000_000, using: &random)
        let quotients = (0..<count).map { _ in UInt32.random(in: 0...0xFFFF_FFFF, using: &random) }
        let validity = (0..<count).map { _ in UInt8.random(in: 0...9, using: &random) == 0 ? UInt8(0) : 1 }
        var lanes = zip(quotients, validity).map { quotient, valid in
            valid == 0
                ? Int64.random(in: .min ... .max, using: &random) : base + Int64(bitPattern: UInt64(quotient) * step)
        }
        let zeros = UInt32(step.trailingZeroBitCount)
        let odd = step >> UInt64(zeros)
        var inverse = odd
        for _ in 0..<5 { inverse = inverse &* (2 &- odd &* inverse) }
        let most = UInt64.max / step

        var (low, high) = (Int64(0), Int64(0))
        let valid = (0..<count).filter { validity[$0] == 1 }
        #expect(kernels_bounds(lanes, validity, count, &low, &high) == valid.count, "seed \(seed)")
        #expect(low == valid.map { lanes[$0] }.min() ?? .max, "seed \(seed)")
        #expect(high == valid.map { lanes[$0] }.max() ?? .min, "seed \(seed)")
        var narrow = [UInt32](repeating: 0, count: count)
        kernels_narrow_32(lanes, validity, count, base, inverse, zeros, &narrow)
        #expect(narrow == zip(quotients, validity).map { $0 * UInt32($1) }, "seed \(seed)")
        var packed = [UInt64](repeating: 0, count: (count + 63) / 64)
        kernels_pack_bits(validity, count, &packed)
        var expanded = [UInt8](repeating: 9, count: count)
        kernels_expand_bits(packed, 0, count, &expanded)
        #expect(expanded == validity, "seed \(seed)")

        #expect(kernels_first_indivisible(lanes, validity, count, base, inverse, zeros, most) == count, "seed \(seed)")
        guard step > 1, let odd = valid.randomElement(using: &random) else { return }
        lanes[odd] += Int64.random(in: 1..<Int64(step), using: &random)
        #expect(kernels_first_indivisible(lanes, validity, count, base, inverse, zeros, most) == odd, "seed \(seed)")
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
