import CaliberCore
import CaliberEventLog
import CaliberTesting
import Testing

/// Problems that are hard to bring about on purpose, in the words that people read.
@Suite struct ProblemTextTests {
    @Test func `an input that can't be read says why and what to do`() {
        let problems: [InputProblem] = [
            .unreadable(path: "orders.ndjson", errno: 2),
            .damagedCompression(file: "orders.gz", format: "gzip", reason: "incorrect data check"),
            .truncatedCompression(file: "orders.zst", format: "zstd"),
            .missingColumn(file: "orders.csv", source: "erp", column: "order_no", nearest: ["order_nr"]),
            .repeatedColumn(file: "orders.csv", column: "amount"),
            .emptyTable(file: "orders.csv", source: "erp"),
            .undeclaredContract(source: "erp", contract: "erp.posted"),
            .badPattern(contract: "shipment.created", field: "tracking_no", pattern: "["),
            .damagedBatch(firstSequence: 4001, reason: "checksum"),
            .damagedKeys(reason: "a page has the wrong checksum"),
            .unsupportedCheck(contract: "refund.settled", check: "amount-positive", reason: "too large"),
        ]
        GoldenFile.expect(text(problems.map(\.diagnostic)), matches: "input-problems.txt")
    }

    @Test func `a line or row that is no event says why and what to do`() {
        let problems: [IntakeProblem] = [
            .lineTooLong(byteLimit: 1_048_576), .invalidUTF8(byteOffset: 17), .nestedTooDeeply(levelLimit: 64),
            .raggedRow(count: 7, expected: 8), .textAfterQuote(text: "\"a\"b"),
            .unterminatedQuote(byteLimit: 1_048_576),
        ]
        let location = SourceLocation(file: "orders.csv", line: 412)
        GoldenFile.expect(text(problems.map { $0.diagnostic(at: location) }), matches: "line-problems.txt")
    }

    private func text(_ diagnostics: [Diagnostic]) -> String {
        diagnostics.map { $0.description + "\n" }.joined()
    }
}
