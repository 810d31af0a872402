import CaliberCore
import CaliberRegression
import CaliberScoring
import CaliberTesting
import Foundation
import Testing

/// One process each for all tests of exports.
private enum SharedOracle {
    static let learning = Result { try LearningOracle() }
    static let database = Result { try DuckDBOracle() }
}

@Suite struct ModelExportTests {
    private struct Answer: Decodable {
        let probabilities, parityOwn, parityHere: [Double]
        let declared, features: [String]?
    }

    /// A model file and rows with the probabilities they have here.
    private func sample(
        _ calibration: Calibration.Method, seed: UInt64 = 3
    ) throws -> (file: ModelFile, rows: [[Double]], probabilities: [Double]) {
        let random = try RandomModel(seed: seed, calibration: calibration)
        var file = try FixedModelFile.make()
        file.columns = zip(random.schema.columns, random.model.terms).map {
            ModelFile.Column(id: $0.id, hash: $0.hash, term: $1)
        }
        // Names that XML and SQL have to quote.
        file.columns[0].id = "a <\"b\"> & 'c'"
        file.intercept = random.model.intercept
        file.calibration = random.calibration
        file.scale = random.scale
        var generator = SeededGenerator(seed: seed)
        let rows = (0..<60).map { _ in random.row(&generator) }
        let scorer = try random.scorer
        return (file, rows, rows.map { scorer.probability(rawLogOdds: scorer.rawLogOdds($0)) })
    }

    private func expectEqual(_ left: [Double], _ right: [Double], within: Double = 1e-12) {
        #expect(left.count == right.count)
        for (one, other) in zip(left, right) { #expect(abs(one - other) <= within) }
    }

    @Test(arguments: Calibration.Method.allCases)
    func `PMML gives the same probabilities when others read it`(calibration: Calibration.Method) throws {
        let (file, rows, probabilities) = try sample(calibration)
        let answer: Answer = try SharedOracle.learning.get().call(
            "exchange.pmml_probabilities",
            [
                "text": .text(ModelExport.pmml(file)), "names": .list(file.columns.map { .text($0.id) }),
                "rows": .array(rows.flatMap { $0 }, shape: [rows.count, file.columns.count]),
            ])
        expectEqual(answer.probabilities, probabilities)
        expectEqual(answer.parityHere, answer.parityOwn)
        #expect(answer.parityOwn.count == 12)
        #expect(answer.declared == file.columns.map(\.id) + ["order_bad"])
    }

    @Test(arguments: Calibration.Method.allCases)
    func `ONNX Runtime gives the same probabilities`(calibration: Calibration.Method) throws {
        let (file, rows, probabilities) = try sample(calibration)
        let folder = try TemporaryFolder()
        let path = folder.path("model.onnx")
        try ModelExport.onnx(file).write(to: URL(fileURLWithPath: path))
        let answer: Answer = try SharedOracle.learning.get().call(
            "exchange.onnx_probabilities",
            ["path": .text(path), "rows": .array(rows.flatMap { $0 }, shape: [rows.count, file.columns.count])])
        expectEqual(answer.probabilities, probabilities)
        expectEqual(answer.parityHere, answer.parityOwn)
        #expect(answer.features == file.columns.map(\.id))
    }

    @Test(arguments: Calibration.Method.allCases)
    func `SQL gives the same probabilities and health in DuckDB`(calibration: Calibration.Method) throws {
        let (file, rows, probabilities) = try sample(calibration)
        let oracle = try SharedOracle.database.get()
        let table = "scored \"\(calibration)\""
        try oracle.load(
            table,
            columns: [(name: "order_id", type: "BIGINT")] + file.columns.map { (name: $0.id, type: "DOUBLE") },
            rows: rows.enumerated().map { index, row in
                [.integer(Int64(index))] + row.map { $0.isNaN ? .null : .number($0) }
            })
        let answer = try oracle.query(ModelExport.sql(file, table: table, keep: ["order_id"]) + " ORDER BY order_id")
        #expect(answer.columns == ["order_id", "log_odds", "probability", "health"])
        #expect(answer.rows.count == rows.count)
        for (row, probability) in zip(answer.rows, probabilities) {
            guard case .number(let given) = row[2], case .number(let health) = row[3] else {
                Issue.record("no numbers in \(row)")
                continue
            }
            #expect(abs(given - probability) <= 1e-12)
            #expect(abs(health - file.scale.health(calibratedLogOdds: LogOdds.of(probability)).points) <= 0.0051)
        }
    }

    @Test func `the parity vector has all means, all missing and mixtures, and its own probabilities`() throws {
        let (file, _, _) = try sample(.isotonic)
        let parity = ParityVector(file: file)
        #expect(parity.rows[0] == file.columns.map(\.mean))
        #expect(parity.rows[1].allSatisfy { $0 == nil })
        #expect(Set(parity.rows).count == 12)
        #expect(abs(parity.probabilities[0] - file.calibration.probability(file.intercept)) < 1e-15)
        let again = try JSONDecoder().decode(ParityVector.self, from: try parity.encoded())
        #expect(again == parity)
    }

    @Test func `exports read as recorded`() throws {
        var file = try FixedModelFile.make()
        // No logarithm goes into what is recorded.
        file.calibration = .platt(intercept: 0.25, slope: 0.5)
        let parity = ParityVector(file: file, rowCount: 2)
        var rounded = parity
        rounded.probabilities = parity.probabilities.map { ($0 * 1e6).rounded() / 1e6 }
        GoldenFile.expect(ModelExport.pmml(file, parity: rounded), matches: "order_bad-3.pmml")
    }
}

@Suite struct ScikitLearnModelTests {
    private struct Elsewhere: Decodable {
        let form: String
        let rows: [[Double]]
        let probabilities: [Double]
    }

    private let schema: FeatureSchema

    init() throws {
        schema = try FeatureSchema(
            columns: ["delay", "share", "orders_24h", "idle"].map { FeatureSchema.Column(id: $0, definition: $0) })
    }

    @Test(arguments: [true, false])
    func `what scikit-learn fitted gives the same probabilities here`(isScaled: Bool) throws {
        let names = ["orders_24h", "delay", "share"]
        let elsewhere: Elsewhere = try SharedOracle.learning.get().call(
            "exchange.fitted_elsewhere",
            ["seed": 7, "names": .list(names.map { .text($0) }), "scaled": .boolean(isScaled)])
        let imported = try ScikitLearnModel(reading: Data(elsewhere.form.utf8), path: "c.json", schema: schema)
        #expect(imported.unusedColumns == ["idle"])
        let scale = try HealthScale(reviewProbability: 0.1)
        let statistics = [(2.0, 1.5), (3, 0.5), (1, 4), (0, 1)].map { (mean: $0.0, deviation: $0.1) }
        for model in [imported.model, imported.model.rebased(on: statistics)] {
            let scorer = try Scorer(model: model, scale: scale, schema: schema)
            for (row, probability) in zip(elsewhere.rows, elsewhere.probabilities) {
                let own = scorer.probability(rawLogOdds: scorer.rawLogOdds([row[1], row[2], row[0], 5]))
                #expect(abs(own - probability) < 1e-12)
            }
        }
        #expect(imported.model.rebased(on: statistics).terms.map(\.mean) == [2, 3, 1, 0])
    }

    private func problem(_ text: String) -> ImportProblem? {
        do throws(ImportProblem) {
            _ = try ScikitLearnModel(reading: Data(text.utf8), path: "c.json", schema: schema)
            return nil
        } catch { return error }
    }

    @Test func `coefficients come in any brackets`() throws {
        #expect(problem(#"{"coef_": [1], "intercept_": 2, "feature_names_in_": ["delay"]}"#) == nil)
        #expect(problem(#"{"coef_": [[1]], "intercept_": [2], "feature_names_in_": ["delay"]}"#) == nil)
    }

    @Test func `what does not fit says why`() throws {
        let unknown = try #require(
            problem(#"{"coef_": [1, 2], "intercept_": 2, "feature_names_in_": ["delays", "idle"]}"#)
        ).diagnostic
        #expect(unknown.code == "unknown-feature-column" && unknown.suggestions == ["delay"])
        let several = try #require(
            problem(#"{"coef_": [1, 2], "intercept_": 2, "feature_names_in_": ["delays", "shares"]}"#)
        ).diagnostic
        #expect(several.message.contains(#""delays" (did you mean "delay"?), "shares" (did you mean "share"?)."#))
        #expect(
            problem(#"{"coef_": [1], "intercept_": 2, "feature_names_in_": ["delay", "idle"]}"#)
                == .wrongLength(path: "c.json", key: "coef_", length: 1, expected: 2))
        #expect(
            problem(#"{"coef_": [1], "intercept_": 2, "feature_names_in_": ["delay"], "mean_": [], "scale_": [1]}"#)
                == .wrongLength(path: "c.json", key: "mean_", length: 0, expected: 1))
        #expect(
            problem(#"{"coef_": [1], "intercept_": 2, "feature_names_in_": ["delay"], "mean_": [0], "scale_": [0]}"#)
                == .invalidScale(path: "c.json", column: "delay"))
        #expect(
            problem(#"{"coef_": [[1], [2]], "intercept_": [1, 2], "feature_names_in_": ["delay"]}"#)
                == .severalClasses(path: "c.json"))
        #expect(
            problem(#"{"coef_": [1, 1], "intercept_": 2, "feature_names_in_": ["delay", "delay"]}"#)
                == .repeatedColumn(path: "c.json", name: "delay"))
        #expect(
            problem(#"{"coef_": [1], "feature_names_in_": ["delay"]}"#)
                == .malformed(path: "c.json", reason: "intercept_ is missing"))
        for text in ["", "[]", #"{"coef_": "x", "intercept_": 2, "feature_names_in_": ["delay"]}"#] {
            guard case .malformed = problem(text) else {
                Issue.record("\(text)")
                continue
            }
        }
    }
}
