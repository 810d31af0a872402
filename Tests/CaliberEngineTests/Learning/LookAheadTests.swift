import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberRegression
import CaliberScoring
import CaliberTesting
import Foundation
import Testing

@Suite struct LookAheadTests {
    @Test func `rows to learn from are those of a log that ends with them`() throws {
        let (deployment, features, set) = try Self.shop()
        let engine = deployment.engine
        #expect(try engine.confirmNoLookAhead(in: set, features: features, rowCount: 60) == 60)
        #expect(try engine.confirmNoLookAhead(in: set, features: features, rowCount: 1) == 1)
        #expect(try engine.confirmNoLookAhead(in: set, features: features, rowCount: 0) == 0)
    }

    @Test func `a value from later is told by feature and row`() throws {
        let (deployment, features, set) = try Self.shop()
        let engine = deployment.engine
        var random = SeededGenerator(seed: 8)
        for _ in 0..<5 {
            // The first and the last row are always among those that are looked at.
            let row = Bool.random(using: &random) ? 0 : set.labels.count - 1
            let column = Int.random(in: 0..<features.features.count, using: &random)
            let cells = set.matrix.row(row)
            let known = cells[column]
            cells[column] = known.isNaN ? 0 : known.nextUp
            defer { cells[column] = known }
            let error = #expect(throws: Diagnostic.self) {
                try engine.confirmNoLookAhead(in: set, features: features, rowCount: 3)
            }
            #expect(error?.code == "look-ahead")
            let message = try #require(error?.message)
            #expect(message.contains("\"\(features.features[column].name)\""), "\(message)")
            #expect(message.contains("\"\(set.keys[row])\""), "\(message)")
        }
    }

    @Test func `a feature that is the outcome itself is named with a row`() throws {
        let count = 4_000
        var random = SeededGenerator(seed: 2)
        let labels = (0..<count).map { _ in Double.random(in: 0..<1, using: &random) < 0.06 }
        let matrix = DesignMatrix(rowCount: count, columnCount: 4)
        for row in 0..<count {
            let values = matrix.row(row)
            values[0] = labels[row] ? 1 : 0
            values[1] = Double.random(in: 0..<1, using: &random) + (labels[row] ? 0.5 : 0)
            // Known of bad orders only: when they were refunded, say.
            values[2] = labels[row] ? Double.random(in: 0..<9, using: &random) : .nan
            values[3] = Double.random(in: 0..<1, using: &random)
        }
        let keys = (0..<count).map { "order-\($0)" }
        let bins = (0..<4).map { column in FrozenBins(of: (0..<count).map { matrix.row($0)[column] }) }
        let found = TellingFeature.all(
            in: matrix, labels: labels, keys: keys, bins: bins, names: ["outcome", "hint", "refunded_at", "noise"],
            rows: Array(0..<count))
        #expect(found.map(\.name) == ["outcome", "refunded_at"])
        let first = try #require(labels.firstIndex(of: true))
        #expect(found.first?.key == "order-\(first)")
        #expect(
            found.first?.text
                == "outcome alone tells bad orders from good (AUC 1.000), as of order-\(first), where it is 1: if it "
                + "knows how an order ends, leave it out.")
    }

    private static func shop() throws -> (EngineDeployment, features: FeatureSetDefinition, set: TrainingSet) {
        let shop = try LearnedShop.shared.get()
        let deployment = try EngineDeployment(shop.dictionary)
        let engine = deployment.engine
        _ = try engine.ingest([SimulatedShop.input(shop.lines.prefix(120_000))])
        let features = try engine.featureSet(nil)
        let label = try engine.label(nil, of: features.table)
        return (deployment, features, try engine.trainingSet(features, label: label))
    }
}
