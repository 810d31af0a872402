import CaliberCore
import CaliberDictionary

/// An expression as a straight line of instructions over chunks of rows; compiled once, run anywhere.
///
/// Every part of the expression is evaluated for every row (`case` chooses afterwards): nothing in it can fail, and
/// loops without branches run at the speed of memory. Equal parts are computed once.
package struct VectorProgram: Sendable {
    /// Rows of a chunk: a register fits into the first-level cache, a program's registers into the second.
    package static let chunkRowCount = 2048

    /// The columns that the program reads, each once.
    package let inputs: [ColumnReference]
    package let type: LogicalType
    let zone: BusinessZone
    /// Run once before the first chunk.
    let constants: [VectorInstruction]
    let instructions: [VectorInstruction]
    /// How many chunks of values it holds at once.
    package let registerCount: Int
    let result: Int
    /// Where the result's codes come from; nil unless the result is a string.
    let resultOrigin: StringOrigin?

    /// - Parameter zone: the zone whose days and hours the date parts are of.
    package init(_ expression: TypedExpression, zone: BusinessZone) {
        var lowering = ExpressionLowering()
        let value = lowering.lower(expression)
        let allocation = RegisterAllocation(lowering.values, result: value)
        inputs = lowering.inputs
        type = expression.type
        self.zone = zone
        constants = allocation.instructions.filter(\.operation.isConstant)
        instructions = allocation.instructions.filter { !$0.operation.isConstant }
        registerCount = allocation.registerCount
        result = allocation.result
        resultOrigin = expression.type.storage == .code ? lowering.values[value].origin ?? .run : nil
    }
}

/// One step: sources and destination are registers.
struct VectorInstruction: Sendable {
    let operation: VectorOperation
    let sources: [Int]
    let destination: Int
}

/// Gives each value of a program a register, and takes it back after the value's last use.
struct RegisterAllocation {
    private(set) var instructions: [VectorInstruction] = []
    private(set) var registerCount = 0
    private(set) var result = 0

    init(_ values: [ExpressionLowering.Value], result: Int) {
        var lastUse = Array(values.indices)
        for (index, value) in values.enumerated() {
            for source in value.sources { lastUse[source] = index }
        }
        lastUse[result] = values.count
        var registers = [Int](repeating: 0, count: values.count)
        var free: [Int] = []
        for (index, value) in values.enumerated() {
            // Taken before the sources are given back: a loop whose output overlaps its input is not vectorised.
            // Constants are written once, so they keep their registers for good, and take none that was used before.
            if !value.operation.isConstant, let register = free.popLast() {
                registers[index] = register
            } else {
                registers[index] = registerCount
                registerCount += 1
            }
            instructions.append(
                VectorInstruction(
                    operation: value.operation, sources: value.sources.map { registers[$0] },
                    destination: registers[index]))
            for source in Set(value.sources).union([index]).sorted()
            where lastUse[source] == index && !values[source].operation.isConstant {
                free.append(registers[source])
            }
        }
        self.result = registers[result]
    }
}
