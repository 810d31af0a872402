/// Masks, comparisons and choices, in three-valued logic.
extension VectorRun {
    func executeCondition(_ instruction: VectorInstruction, _ count: Int) {
        switch instruction.operation {
        case .not, .and, .or, .isNull, .maskCompare:
            executeLogic(instruction, count)
        case .integerCompare(let relation):
            let left = registers.lanes(instruction.sources[0])
            compare(relation, left, registers.lanes(instruction.sources[1]), instruction, count)
        case .floatCompare(let relation):
            let left = registers.floats(instruction.sources[0])
            compare(relation, left, registers.floats(instruction.sources[1]), instruction, count)
        case .integerIsMember(let members):
            findMembers(members, instruction, count)
        case .selectLane, .selectMask, .firstLane, .firstMask:
            choose(instruction, count)
        default:
            preconditionFailure("\(instruction.operation) is no condition")
        }
    }

    private func executeLogic(_ instruction: VectorInstruction, _ count: Int) {
        let first = instruction.sources[0]
        let second = instruction.sources[instruction.sources.count - 1]
        let (left, leftKnown) = (registers.mask(first), registers.validity(first))
        let (right, rightKnown) = (registers.mask(second), registers.validity(second))
        let output = registers.mask(instruction.destination)
        let known = registers.validity(instruction.destination)
        switch instruction.operation {
        case .not:
            transformPairs(count, left, leftKnown, into: output) { $0 ^ $1 }
            known.update(from: leftKnown, count: count)
        case .and:
            // Known where both are, and where either is known to be false.
            transformPairs(count, left, right, into: output) { $0 & $1 }
            for row in 0..<count {
                let isFalse = (leftKnown[row] ^ left[row]) | (rightKnown[row] ^ right[row])
                known[row] = (leftKnown[row] & rightKnown[row]) | isFalse
            }
        case .or:
            transformPairs(count, left, right, into: output) { $0 | $1 }
            for row in 0..<count { known[row] = (leftKnown[row] & rightKnown[row]) | left[row] | right[row] }
        case .maskCompare(let isEqual):
            let flip: UInt8 = isEqual ? 1 : 0
            transformPairs(count, leftKnown, rightKnown, into: known) { $0 & $1 }
            for row in 0..<count { output[row] = (left[row] ^ right[row] ^ flip) & known[row] }
        case .isNull:
            transformEach(count, leftKnown, into: output) { $0 ^ 1 }
            known.update(repeating: 1, count: count)
        default:
            preconditionFailure("\(instruction.operation) is not about masks")
        }
    }

    @inline(__always)
    private func compare<Lane: Comparable>(
        _ relation: VectorOperation.LaneComparison, _ left: UnsafeMutablePointer<Lane>,
        _ right: UnsafeMutablePointer<Lane>, _ instruction: VectorInstruction, _ count: Int
    ) {
        let output = registers.mask(instruction.destination)
        let known = joinValidity(instruction, count)
        switch relation {
        case .equal: for row in 0..<count { output[row] = (left[row] == right[row]).byte & known[row] }
        case .notEqual: for row in 0..<count { output[row] = (left[row] != right[row]).byte & known[row] }
        case .less: for row in 0..<count { output[row] = (left[row] < right[row]).byte & known[row] }
        case .lessOrEqual: for row in 0..<count { output[row] = (left[row] <= right[row]).byte & known[row] }
        }
    }

    /// Member by member while they are few, which keeps the loop free of branches; else by binary search.
    private func findMembers(_ members: [Int64], _ instruction: VectorInstruction, _ count: Int) {
        let lanes = registers.lanes(instruction.sources[0])
        let output = registers.mask(instruction.destination)
        let known = joinValidity(instruction, count)
        if members.count <= VectorRun.scannedMemberLimit {
            output.update(repeating: 0, count: count)
            for member in members {
                for row in 0..<count { output[row] |= (lanes[row] == member).byte }
            }
            for row in 0..<count { output[row] &= known[row] }
            return
        }
        members.withUnsafeBufferPointer { sorted in
            for row in 0..<count {
                var low = 0
                var high = sorted.count
                while low < high {
                    let middle = (low + high) / 2
                    if sorted[middle] < lanes[row] { low = middle + 1 } else { high = middle }
                }
                output[row] = (low < sorted.count && sorted[min(low, sorted.count - 1)] == lanes[row]).byte & known[row]
            }
        }
    }

    private static let scannedMemberLimit = 16

    private func choose(_ instruction: VectorInstruction, _ count: Int) {
        let sources = instruction.sources
        let value = sources[sources.count - 2]
        let otherwise = sources[sources.count - 1]
        // Whether to take the value: the condition, or that it is not null.
        let isSelection = sources.count == 3
        let taken = isSelection ? registers.mask(sources[0]) : registers.validity(value)
        let (first, second) = (registers.validity(value), registers.validity(otherwise))
        let known = registers.validity(instruction.destination)
        for row in 0..<count { known[row] = (taken[row] & first[row]) | ((taken[row] ^ 1) & second[row]) }
        switch instruction.operation {
        case .selectMask, .firstMask:
            let output = registers.mask(instruction.destination)
            let (one, other) = (registers.mask(value), registers.mask(otherwise))
            for row in 0..<count { output[row] = (taken[row] & one[row]) | ((taken[row] ^ 1) & other[row]) }
        default:
            let output = registers.lanes(instruction.destination)
            let (one, other) = (registers.lanes(value), registers.lanes(otherwise))
            for row in 0..<count {
                let mask = laneMask(taken[row])
                output[row] = (one[row] & mask) | (other[row] & ~mask)
            }
        }
    }
}
