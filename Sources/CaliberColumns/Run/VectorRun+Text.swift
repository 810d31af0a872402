/// Strings: looked at once for each code where a pool's codes are unique, else once a row.
extension VectorRun {
    func executeText(_ instruction: VectorInstruction, at position: Int, _ count: Int) {
        let codes = registers.lanes(instruction.sources[0])
        let known = joinValidity(instruction, count)
        switch instruction.operation {
        case .textTest(let test, let origin):
            runTest(test, origin, instruction, at: position, count)
        case .textCompare(let relation, let left, let right):
            compareTexts(relation, left, right, instruction, count)
        case .textMeasure(let measure, let origin):
            let output = registers.lanes(instruction.destination)
            visitTexts(origin, at: position, codes, known, count) { pool, code in
                UInt32(truncatingIfNeeded: measure.value(of: pool[code]))
            } store: { row, length in
                output[row] = Int64(length)
            }
        case .textMap(let map, let origin):
            let output = registers.lanes(instruction.destination)
            visitTexts(origin, at: position, codes, known, count) { [ownPool] pool, code in
                switch map {
                case .same: ownPool.intern(pool[code])
                case .lower: ownPool.intern(pool.string(code).lowercased())
                case .upper: ownPool.intern(pool.string(code).uppercased())
                }
            } store: { row, code in
                output[row] = Int64(code)
            }
        default:
            preconditionFailure("\(instruction.operation) is not about strings")
        }
    }

    private func runTest(
        _ test: TextTest, _ origin: StringOrigin, _ instruction: VectorInstruction, at position: Int, _ count: Int
    ) {
        let codes = registers.lanes(instruction.sources[0])
        let known = registers.validity(instruction.destination)
        let output = registers.mask(instruction.destination)
        if case .compare(let relation, let text) = test, relation == .equal || relation == .notEqual,
            let pool = pool(of: origin), pool.isInterned
        {
            // No code is negative, so -1 stands for a text that is not in the pool.
            let wanted = pool.code(of: text).map(Int64.init) ?? -1
            let flip = (relation == .notEqual).byte
            for row in 0..<count { output[row] = ((codes[row] == wanted).byte ^ flip) & known[row] }
            return
        }
        output.update(repeating: 0, count: count)
        visitTexts(origin, at: position, codes, known, count) { pool, code in
            UInt32(test.holds(pool[code]).byte)
        } store: { row, answer in
            output[row] = UInt8(truncatingIfNeeded: answer)
        }
    }

    /// Calls `answer` for the strings of the rows that are not null, and `store` with what it said.
    @inline(__always)
    private func visitTexts(
        _ origin: StringOrigin, at position: Int, _ codes: UnsafeMutablePointer<Int64>,
        _ known: UnsafeMutablePointer<UInt8>, _ count: Int, answer: (StringPool, UInt32) -> UInt32,
        store: (Int, UInt32) -> Void
    ) {
        guard let pool = pool(of: origin) else {
            preconditionFailure("the source has no strings for \(origin), which is a string column")
        }
        guard pool.isInterned else {
            for row in 0..<count where known[row] != 0 {
                store(row, answer(pool, UInt32(truncatingIfNeeded: codes[row])))
            }
            return
        }
        memos[position].reserve(pool.count)
        let memo = memos[position].entries
        for row in 0..<count where known[row] != 0 {
            let code = UInt32(truncatingIfNeeded: codes[row])
            if memo[Int(code)] == 0 { memo[Int(code)] = answer(pool, code) &+ 1 }
            store(row, memo[Int(code)] &- 1)
        }
    }

    private func compareTexts(
        _ relation: TextRelation, _ left: StringOrigin, _ right: StringOrigin, _ instruction: VectorInstruction,
        _ count: Int
    ) {
        guard let leftPool = pool(of: left), let rightPool = pool(of: right) else {
            preconditionFailure("the source has no strings for \(left) or \(right), which are string columns")
        }
        let (one, other) = (registers.lanes(instruction.sources[0]), registers.lanes(instruction.sources[1]))
        let known = registers.validity(instruction.destination)
        let output = registers.mask(instruction.destination)
        if leftPool === rightPool, leftPool.isInterned, relation == .equal || relation == .notEqual {
            let flip = (relation == .notEqual).byte
            for row in 0..<count { output[row] = ((one[row] == other[row]).byte ^ flip) & known[row] }
            return
        }
        output.update(repeating: 0, count: count)
        for row in 0..<count where known[row] != 0 {
            let text = leftPool[UInt32(truncatingIfNeeded: one[row])]
            output[row] = relation.holds(text, rightPool[UInt32(truncatingIfNeeded: other[row])]).byte
        }
    }
}
