import CaliberCore

/// Whole numbers and floats.
extension VectorRun {
    func executeInteger(_ instruction: VectorInstruction, _ count: Int) {
        let left = UnsafePointer(registers.lanes(instruction.sources[0]))
        let right = UnsafePointer(registers.lanes(instruction.sources[instruction.sources.count - 1]))
        let output = registers.lanes(instruction.destination)
        let flags = joinValidity(instruction, count)
        switch instruction.operation {
        case .integerAdd:
            transformPairs(count, left, right, into: output) { $0 &+ $1 }
            // A sum overflows when its sign is neither operand's.
            keepFlags(count, flags, left, right) { (($0 ^ ($0 &+ $1)) & ($1 ^ ($0 &+ $1))) >= 0 }
        case .integerSubtract:
            transformPairs(count, left, right, into: output) { $0 &- $1 }
            keepFlags(count, flags, left, right) { (($0 ^ $1) & ($0 ^ ($0 &- $1))) >= 0 }
        case .integerMultiply:
            transformPairs(count, left, right, into: output) { $0 &* $1 }
            keepFlags(count, flags, left, right) { !$0.multipliedReportingOverflow(by: $1).overflow }
        case .integerRemainder:
            // By 1 in place of 0, whose rows are null, and of -1, whose remainder is 0 but traps for the least integer.
            transformPairs(count, left, right, into: output) { $0 % ($1 == 0 || $1 == -1 ? 1 : $1) }
            keepFlags(count, flags, left, right) { $1 != 0 }
        case .integerNegate:
            transformEach(count, left, into: output) { 0 &- $0 }
            keepFlags(count, flags, left, left) { value, _ in value != .min }
        case .integerAbs:
            transformEach(count, left, into: output) { $0 < 0 ? 0 &- $0 : $0 }
            keepFlags(count, flags, left, left) { value, _ in value != .min }
        case .integerLeast:
            transformPairs(count, left, right, into: output) { $1 < $0 ? $1 : $0 }
        case .integerGreatest:
            transformPairs(count, left, right, into: output) { $1 > $0 ? $1 : $0 }
        case .dayDifference:
            differ(count, left, right, into: output, flags)
        case .dayShift(let isBackwards):
            shift(count, left, right, isBackwards: isBackwards, into: output, flags)
        default:
            preconditionFailure("\(instruction.operation) is not about whole numbers")
        }
    }

    private func differ(
        _ count: Int, _ left: UnsafePointer<Int64>, _ right: UnsafePointer<Int64>,
        into output: UnsafeMutablePointer<Int64>, _ flags: UnsafeMutablePointer<UInt8>
    ) {
        for index in 0..<count {
            let (days, isBeyond) = left[index].subtractingReportingOverflow(right[index])
            let (microseconds, overflows) = days.multipliedReportingOverflow(by: Timestamp.microsecondsPerDay)
            output[index] = microseconds
            flags[index] &= (!isBeyond).byte & (!overflows).byte
        }
    }

    private func shift(
        _ count: Int, _ day: UnsafePointer<Int64>, _ duration: UnsafePointer<Int64>, isBackwards: Bool,
        into output: UnsafeMutablePointer<Int64>, _ flags: UnsafeMutablePointer<UInt8>
    ) {
        let sign: Int64 = isBackwards ? -1 : 1
        for index in 0..<count {
            let days = duration[index] / Timestamp.microsecondsPerDay
            let isWhole = days &* Timestamp.microsecondsPerDay == duration[index]
            let (shifted, overflows) = day[index].addingReportingOverflow(days &* sign)
            output[index] = shifted
            flags[index] &= isWhole.byte & (!overflows).byte
        }
    }

    func executeFloat(_ instruction: VectorInstruction, _ count: Int) {
        let last = instruction.sources[instruction.sources.count - 1]
        let flags = joinValidity(instruction, count)
        if case .floatFromInteger = instruction.operation {
            transformEach(count, registers.lanes(last), into: registers.floats(instruction.destination)) { Double($0) }
            return
        }
        let left = UnsafePointer(registers.floats(instruction.sources[0]))
        let right = UnsafePointer(registers.floats(last))
        if case .integerFromFloat(let rounding) = instruction.operation {
            round(count, left, rounding, into: registers.lanes(instruction.destination), flags)
            return
        }
        let output = registers.floats(instruction.destination)
        switch instruction.operation {
        case .floatAdd: transformPairs(count, left, right, into: output) { $0 + $1 }
        case .floatSubtract: transformPairs(count, left, right, into: output) { $0 - $1 }
        // Adding 0 makes negative zero, which equals zero but has other bits, zero.
        case .floatMultiply: transformPairs(count, left, right, into: output) { $0 * $1 + 0 }
        case .floatDivide: transformPairs(count, left, right, into: output) { $0 / $1 + 0 }
        case .floatNegate: transformEach(count, left, into: output) { 0 - $0 }
        case .floatAbs: transformEach(count, left, into: output) { $0.magnitude }
        case .floatLeast: transformPairs(count, left, right, into: output) { $1 < $0 ? $1 : $0 }
        case .floatGreatest: transformPairs(count, left, right, into: output) { $1 > $0 ? $1 : $0 }
        default: preconditionFailure("\(instruction.operation) is not about floats")
        }
        // A difference with itself is 0 unless it is infinite or no number.
        let results = UnsafePointer(output)
        keepFlags(count, flags, results, results) { $0 - $1 == 0 }
    }

    /// Floats that no `Int64` holds become null. Halves are rounded away from zero.
    private func round(
        _ count: Int, _ input: UnsafePointer<Double>, _ rounding: VectorOperation.Rounding,
        into output: UnsafeMutablePointer<Int64>, _ flags: UnsafeMutablePointer<UInt8>
    ) {
        let rule: FloatingPointRoundingRule =
            switch rounding {
            case .floor: .down
            case .ceil: .up
            case .nearest: .toNearestOrAwayFromZero
            }
        for index in 0..<count {
            let whole = input[index].rounded(rule)
            // 2⁶³ is a float, and the first past the range; -2⁶³ is in it.
            let isInside = whole >= -0x1p63 && whole < 0x1p63
            output[index] = isInside ? Int64(whole) : 0
            flags[index] &= isInside.byte
        }
    }

    /// Marks the destination valid where every source is.
    @discardableResult
    func joinValidity(_ instruction: VectorInstruction, _ count: Int) -> UnsafeMutablePointer<UInt8> {
        let output = registers.validity(instruction.destination)
        let first = registers.validity(instruction.sources[0])
        if instruction.sources.count == 1 {
            output.update(from: first, count: count)
        } else {
            transformPairs(count, first, registers.validity(instruction.sources[1]), into: output) { $0 & $1 }
        }
        return output
    }
}
