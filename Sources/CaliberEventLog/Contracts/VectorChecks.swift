import CaliberColumns
import CaliberCore
import CaliberDictionary

/// Evaluates a contract's checks as vector programs over a batch's columns.
final class VectorChecks: ContractCheckEvaluator {
    /// True where the check is false: so a row for which the check is unknown is kept.
    private let violations: [VectorProgram]

    /// - Throws: `InputProblem.unsupportedCheck` when a check reads what is no field of the contract.
    init(_ contract: ContractDefinition, zone: BusinessZone) throws {
        violations = try contract.checks.map { check in
            let program = VectorProgram(TypedExpression(.not(check.expression), .boolean), zone: zone)
            for input in program.inputs where contract.fieldIndex(named: input.qualifiedName) == nil {
                throw InputProblem.unsupportedCheck(
                    contract: contract.name, check: check.name,
                    reason: "it reads \(input.qualifiedName), which is no field of the contract")
            }
            return program
        }
    }

    func findFailures(in batch: EventBatch, rows: Range<Int>, report: (_ row: Int, _ check: Int) -> Void) {
        for (check, program) in violations.enumerated() {
            var columns: [ColumnReference: LaneColumn] = [:]
            for input in program.inputs {
                guard let field = batch.contract.fieldIndex(named: input.qualifiedName) else { continue }
                columns[input] = batch.fields[field]
            }
            let source = ArrayColumnSource(columns: columns, inputs: program.inputs, rowCount: batch.count)
            let run = VectorRun(program, source: source)
            var start = rows.lowerBound
            while start < rows.upperBound {
                let end = min(rows.upperBound, start + VectorProgram.chunkRowCount)
                let isViolated = run.evaluateMask(rows: start..<end)
                for row in start..<end where isViolated[row - start] != 0 { report(row, check) }
                start = end
            }
        }
    }
}
