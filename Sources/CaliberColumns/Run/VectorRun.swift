import CaliberCore
import CaliberDictionary

/// A chunk of results. Null lanes hold 0.
package struct VectorResult {
    /// As in `LaneColumn`: integers, bit patterns of floats, string codes of `pool`, or 0 and 1.
    package let lanes: UnsafePointer<Int64>
    package let validity: UnsafePointer<UInt8>
    package let count: Int
    /// The strings that codes stand for; nil when the result is no string.
    package let pool: StringPool?
}

/// Registers and memo tables for one program on one source; reused over chunks. One for each thread.
///
/// What it gives points into its own memory: keep the run in a variable for as long as a result is read.
///
/// The source's pools may grow between two calls, but a code never changes its string.
package final class VectorRun {
    package let program: VectorProgram
    let source: any ColumnSource
    let registers: VectorRegisters
    /// Constants and the strings that the program makes.
    let ownPool = StringPool()
    /// By position in the program's instructions; empty for those that look at no strings.
    var memos: [CodeMemo]
    /// The span of the zone's offsets that was used last.
    var offsetSpan: (from: Int64, to: Int64, offsetMicroseconds: Int64) = (1, 0, 0)
    private let results: VectorRegisters

    /// - Precondition: the source gives its inputs in the order of the program's `inputs`.
    package init(_ program: VectorProgram, source: any ColumnSource) {
        self.program = program
        self.source = source
        registers = VectorRegisters(count: program.registerCount)
        results = VectorRegisters(count: 1)
        memos = program.instructions.map { _ in CodeMemo() }
        for instruction in program.constants { fillConstant(instruction) }
    }

    deinit {
        registers.deallocate()
        results.deallocate()
        for memo in memos { memo.deallocate() }
    }

    /// Evaluates rows, at most `VectorProgram.chunkRowCount`. The result is valid until the next call.
    package func evaluate(rows: Range<Int>) -> VectorResult {
        execute(rows)
        let lanes = results.lanes(0)
        let validity = results.validity(0)
        let known = registers.validity(program.result)
        if program.type.storage == .mask {
            transformEach(rows.count, registers.mask(program.result), into: lanes) { Int64(truncatingIfNeeded: $0) }
        } else {
            transformPairs(rows.count, registers.lanes(program.result), known, into: lanes) { $0 & laneMask($1) }
        }
        validity.update(from: known, count: rows.count)
        return VectorResult(
            lanes: lanes, validity: validity, count: rows.count, pool: program.resultOrigin.flatMap(pool(of:)))
    }

    /// For conditions: 1 for each row for which the condition is true, else 0. Valid until the next call.
    package func evaluateMask(rows: Range<Int>) -> UnsafePointer<UInt8> {
        precondition(program.type == .boolean, "a mask of \(program.type.name) was asked for")
        execute(rows)
        return UnsafePointer(registers.mask(program.result))
    }

    private func execute(_ rows: Range<Int>) {
        precondition(
            rows.count <= VectorProgram.chunkRowCount, "\(rows.count) rows are more than \(VectorProgram.chunkRowCount)"
        )
        for (position, instruction) in program.instructions.enumerated() {
            execute(instruction, at: position, rows)
        }
    }

    private func execute(_ instruction: VectorInstruction, at position: Int, _ rows: Range<Int>) {
        let count = rows.count
        switch instruction.operation {
        case .constantLane, .constantText, .constantMask, .constantNull:
            break
        case .input(let input):
            source.read(
                input, rows: rows, into: registers.lanes(instruction.destination),
                validity: registers.validity(instruction.destination))
        case .inputMask(let input):
            readMask(input, rows, into: instruction.destination)
        case .integerAdd, .integerSubtract, .integerMultiply, .integerRemainder, .integerNegate, .integerAbs,
            .integerLeast, .integerGreatest, .dayDifference, .dayShift:
            executeInteger(instruction, count)
        case .floatAdd, .floatSubtract, .floatMultiply, .floatDivide, .floatNegate, .floatAbs, .floatLeast,
            .floatGreatest, .floatFromInteger, .integerFromFloat:
            executeFloat(instruction, count)
        case .localTime, .dayOfMicroseconds, .hourOfMicroseconds, .calendarPart:
            executeTime(instruction, count)
        case .not, .and, .or, .isNull, .integerCompare, .floatCompare, .maskCompare, .integerIsMember,
            .selectLane, .selectMask, .firstLane, .firstMask:
            executeCondition(instruction, count)
        case .textTest, .textCompare, .textMeasure, .textMap:
            executeText(instruction, at: position, count)
        }
    }

    func pool(of origin: StringOrigin) -> StringPool? {
        switch origin {
        case .input(let input): source.pool(of: input)
        case .run: ownPool
        }
    }

    private func fillConstant(_ instruction: VectorInstruction) {
        let count = VectorProgram.chunkRowCount
        let register = instruction.destination
        switch instruction.operation {
        case .constantLane(let lane): registers.lanes(register).update(repeating: lane, count: count)
        case .constantText(let text):
            registers.lanes(register).update(repeating: Int64(ownPool.intern(text)), count: count)
        case .constantMask(let value): registers.mask(register).update(repeating: value.byte, count: count)
        // Registers begin as zeros, which is null of every type.
        default: return
        }
        registers.validity(register).update(repeating: 1, count: count)
    }

    /// Reads booleans, which sources keep as lanes of 0 and 1.
    private func readMask(_ input: Int, _ rows: Range<Int>, into register: Int) {
        let lanes = results.lanes(0)
        let validity = registers.validity(register)
        source.read(input, rows: rows, into: lanes, validity: validity)
        transformPairs(rows.count, lanes, validity, into: registers.mask(register)) {
            UInt8(truncatingIfNeeded: $0) & $1
        }
    }
}
