import CaliberCore
import CaliberTables
import CaliberTesting
import Testing

@Suite struct TablesProblemTests {
    @Test func `every problem says what is wrong, where, and what to do`() {
        let place = SourceLocation(file: "tables/orders.yaml", line: 7, column: 5)
        let problems: [TablesProblem] = [
            .unknownTable(name: "order", nearest: ["orders"]),
            .unknownContract(name: "order.lost", column: "status", table: "orders", at: place),
            .unknownKeyField(
                field: "order", contract: "order.created", table: "orders", nearest: ["order_id"], at: place),
            .keyTypeMismatch(key: "line", field: "line", contract: "order.created", table: "items", at: place),
            .foldTypeMismatch(column: "paid", kind: "last", columnType: "integer", fieldType: "category", at: place),
            .sumDependsOnOrder(column: "weight", type: "number", at: place),
            .notSummable(column: "paid_at", type: "timestamp", at: place),
            .anchorNotStored(anchor: "paid_at", table: "orders", at: place),
            .foreignBatch(contract: "order.created"),
            .corruptSegment(table: "orders", column: "paid", segment: 12),
            .corruptStrings(table: "orders", column: "buyer"),
            .foldInterrupted(reason: "Column 'paid' of 'orders' is damaged in segment 12."),
            .tooManySegments(table: "orders", limit: 65_534),
            .tooManyRows(table: "products", limit: 2_147_483_647),
            .rowCountMismatch(table: "orders", segment: 12, expected: 65_536, found: 70_000),
            .lostSegments(table: "orders", segments: 3, ofSegments: 4, rows: 150_000, ofRows: 200_000),
            .brokenInvariant(table: "orders", segment: 12, what: "rows are not in the order of their anchors"),
            .overlappingValidity(table: "prices", entityCount: 3),
            .duplicateKey(table: "products", rowCount: 2),
            .unknownStoredColumn(name: "ship_delay", table: "orders"),
            .notWritable,
        ]
        let text = problems.map { "\($0.diagnostic)" }.joined(separator: "\n") + "\n"
        GoldenFile.expect(text, matches: "problems.txt")
    }
}
