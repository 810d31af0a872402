import CaliberCore

/// Computes the keys of logged events anew. Serves one thread at a time.
final class LoggedKeyReader {
    private let parser = EventParser()
    private let hasher = EventKeyHasher()

    /// The keys of a batch's events, from one event on.
    ///
    /// - Throws: `InputProblem.damagedBatch`.
    func keys(of batch: LoggedBatch, from sequence: Int64) throws -> SortedKeys {
        let block = try batch.block()
        block.removeFirstLines(Int(max(0, sequence - batch.firstSequence)))
        let keys = SortedKeys(capacity: block.lineCount)
        for line in 0..<block.lineCount {
            do throws(IntakeProblem) {
                try parser.parse(block.text(line))
                try EnvelopeRules.check(parser.envelope)
            } catch {
                throw InputProblem.damagedBatch(
                    firstSequence: batch.firstSequence, reason: "event \(block.line(line).number) can't be read")
            }
            keys.append(hasher.key(source: parser.text(.source), id: parser.text(.id)))
        }
        return keys
    }
}
