import CaliberCore
import CaliberDictionary

/// Evaluates checks with vector programs.
final class VectorChecks: ContractCheckEvaluator {
    init(_ contract: ContractDefinition, zone: BusinessZone) throws {
        guard let check = contract.checks.first else { return }
        throw InputProblem.unsupportedCheck(contract: contract.name, check: check.name, reason: "no evaluator yet")
    }

    func findFailures(in batch: EventBatch, rows: Range<Int>, report: (_ row: Int, _ check: Int) -> Void) {}
}
