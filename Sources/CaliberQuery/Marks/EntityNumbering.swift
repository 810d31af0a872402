import CaliberColumns

/// Gives equal combinations of values equal dense numbers, whichever table or segment they come from.
struct EntityNumbering {
    private var components: [Component] = []
    /// One for each value after the first: (combination so far, value) → combination.
    private var combinations: [LaneHash] = []
    /// Null is a value like others; else a row with a null has no number.
    private let countsNulls: Bool
    private let scratch = ScratchBuffer<UInt32>(count: VectorProgram.chunkRowCount, repeating: 0)

    /// Stands where a row has no number.
    static let none = UInt32.max

    init(valueCount: Int, countsNulls: Bool) {
        components = (0..<valueCount).map { _ in Component() }
        combinations = (1..<max(valueCount, 1)).map { _ in LaneHash() }
        self.countsNulls = countsNulls
    }

    /// Numbers so far.
    var count: Int {
        if let last = combinations.last { return last.lanes.count }
        return components.first.map { $0.count + (countsNulls ? 1 : 0) } ?? 1
    }

    /// - Parameters:
    ///   - values: of as many rows as `count` says.
    ///   - selected: rows that are numbered; others have none.
    mutating func number(
        _ values: [ValueChunk], selected: UnsafePointer<UInt8>, count: Int, into numbers: UnsafeMutablePointer<UInt32>
    ) {
        for row in 0..<count { numbers[row] = selected[row] == 0 ? EntityNumbering.none : 0 }
        for (position, chunk) in values.enumerated() {
            components[position].code(chunk, numbers, count: count, into: scratch.pointer)
            for row in 0..<count where numbers[row] != EntityNumbering.none {
                var code = scratch[row]
                if countsNulls {
                    code = code == EntityNumbering.none ? 0 : code + 1
                } else if code == EntityNumbering.none {
                    numbers[row] = EntityNumbering.none
                    continue
                }
                numbers[row] =
                    position == 0
                    ? code : combinations[position - 1].number(of: Int64(numbers[row]) << 32 | Int64(code))
            }
        }
    }

    /// The values of one column, from as many pools as segments have.
    private struct Component {
        /// The first pool without repeated strings: its codes are the numbers, the strings of others are looked up.
        private var base: StringPool?
        private var baseCount: UInt32 = 0
        private let rest = StringPool()
        private var lanes = LaneHash()
        private var translations: [ObjectIdentifier: (pool: StringPool, codes: [UInt32])] = [:]

        var count: Int { Int(baseCount) + rest.count + lanes.lanes.count }

        mutating func code(
            _ chunk: ValueChunk, _ wanted: UnsafePointer<UInt32>, count: Int, into codes: UnsafeMutablePointer<UInt32>
        ) {
            guard let pool = chunk.pool else {
                for row in 0..<count {
                    guard wanted[row] != EntityNumbering.none, chunk.validity[row] != 0 else {
                        codes[row] = EntityNumbering.none
                        continue
                    }
                    codes[row] = lanes.number(of: chunk.lanes[row])
                }
                return
            }
            if base == nil, rest.count == 0, pool.isInterned, pool.count > 0 {
                base = pool
                baseCount = UInt32(pool.count)
            }
            if pool === base {
                for row in 0..<count {
                    let code = UInt32(truncatingIfNeeded: chunk.lanes[row])
                    codes[row] = chunk.validity[row] != 0 && code < baseCount ? code : EntityNumbering.none
                }
                guard pool.count > Int(baseCount) else { return }
            }
            translate(chunk, pool, wanted, count: count, into: codes)
        }

        private mutating func translate(
            _ chunk: ValueChunk, _ pool: StringPool, _ wanted: UnsafePointer<UInt32>, count: Int,
            into codes: UnsafeMutablePointer<UInt32>
        ) {
            var known = translations.removeValue(forKey: ObjectIdentifier(pool))?.codes ?? []
            if known.count < pool.count {
                known += [UInt32](repeating: EntityNumbering.none, count: pool.count - known.count)
            }
            for row in 0..<count {
                guard wanted[row] != EntityNumbering.none, chunk.validity[row] != 0 else {
                    codes[row] = EntityNumbering.none
                    continue
                }
                let code = Int(chunk.lanes[row])
                if known[code] == EntityNumbering.none {
                    let text = pool[UInt32(truncatingIfNeeded: code)]
                    known[code] =
                        base?.code(of: text).flatMap { $0 < baseCount ? $0 : nil }
                        ?? baseCount + rest.intern(text)
                }
                codes[row] = known[code]
            }
            translations[ObjectIdentifier(pool)] = (pool, known)
        }
    }
}
