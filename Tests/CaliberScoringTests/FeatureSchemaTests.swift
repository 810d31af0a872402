import CaliberScoring
import Foundation
import Testing

@Suite struct FeatureSchemaTests {
    private func schema(_ columns: [(String, String)]) throws -> FeatureSchema {
        try FeatureSchema(columns: columns.map { FeatureSchema.Column(id: $0.0, definition: $0.1) })
    }

    private func trained(_ schema: FeatureSchema) -> [FeatureSchema.TrainedColumn] {
        schema.columns.map { FeatureSchema.TrainedColumn(id: $0.id, hash: $0.hash) }
    }

    @Test func `the hash sees ids, definitions and order, and nothing else`() throws {
        let one = try schema([("a", "x"), ("b", "y")])
        #expect(one.hash.count == 64)
        #expect(try schema([("b", "y"), ("a", "x")]).hash != one.hash)
        #expect(try schema([("a", "x"), ("b", "z")]).hash != one.hash)
        #expect(try schema([("a", "xb"), ("", "y")]).hash != one.hash)
        let described = try FeatureSchema(columns: [
            FeatureSchema.Column(id: "a", definition: "x", description: "A", group: "g", isActionable: true, step: 1),
            FeatureSchema.Column(id: "b", definition: "y", minimum: 0),
        ])
        #expect(described.hash == one.hash)
        #expect(described.mismatch(withTrained: trained(one)) == nil)
    }

    @Test func `a mismatch names what was added, removed and changed`() throws {
        let before = try schema([("a", "1"), ("b", "1"), ("c", "1")])
        let after = try schema([("d", "1"), ("a", "1"), ("b", "2")])
        let mismatch = try #require(after.mismatch(withTrained: trained(before)))
        #expect(mismatch.added == ["d"] && mismatch.removed == ["c"] && mismatch.changed == ["b"])
        #expect(mismatch.summary == "1 added (d), 1 removed (c), 1 changed (b)")
        let reordered = try schema([("c", "1"), ("b", "1"), ("a", "1")])
        #expect(
            reordered.mismatch(withTrained: trained(before))?.summary == "the same columns stand in another order")
        let many = try schema((0..<9).map { ("n\($0)", "1") })
        #expect(
            many.mismatch(withTrained: [])?.summary == "9 added (n0, n1, n2, n3, n4, n5 and 3 more)")
    }

    @Test func `columns that can't be are refused`() {
        #expect(throws: ModelProblem.duplicateColumn(id: "a")) { try schema([("a", "1"), ("a", "2")]) }
        for (low, high, step) in [(2.0, 1.0, 1.0), (0, 1, 0), (.nan, 1, 1)] {
            #expect(throws: ModelProblem.impossibleBounds(id: "a")) {
                try FeatureSchema(columns: [
                    FeatureSchema.Column(id: "a", definition: "", minimum: low, maximum: high, step: step)
                ])
            }
        }
    }
}
