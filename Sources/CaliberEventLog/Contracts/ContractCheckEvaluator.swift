import CaliberDictionary

/// Evaluates a contract's checks over rows of a batch, all rows of one check at a time.
package protocol ContractCheckEvaluator: AnyObject {
    /// Calls `report` for each row that breaks a check, with the check's position in the contract.
    ///
    /// A check that is unknown for a row, because it reads a null, is kept.
    func findFailures(in batch: EventBatch, rows: Range<Int>, report: (_ row: Int, _ check: Int) -> Void)
}

package typealias ContractCheckFactory = @Sendable (ContractDefinition) throws -> any ContractCheckEvaluator
