import CaliberTesting
import Testing

/// What goes to the oracle and comes back is what was meant.
@Suite struct LearningOracleTests {
    struct Fit: Decodable {
        let intercept: Double
        let coefficients: [Double]
    }

    @Test func `an array comes to a function bit by bit, and numbers come back so`() throws {
        let oracle = try LearningOracle.shared()
        // One feature of two values: the optimum without a penalty is the two groups' log-odds.
        let fit: Fit = try oracle.call(
            "fitting.logistic",
            [
                "x": .array([0, 0, 0, 1, 1, 1, 1, 1], shape: [8, 1]), "y": .array([0, 0, 1, 0, 1, 1, 1, 1]),
                "penalty": 0.0,
            ])
        #expect(abs(fit.intercept + 0.6931471805599453) < 1e-9)
        #expect(abs(fit.coefficients[0] - (1.3862943611198906 + 0.6931471805599453)) < 1e-9)
    }

    @Test func `a function that fails says why`() throws {
        let oracle = try LearningOracle.shared()
        #expect(throws: LearningOracle.Problem.self) { try oracle.call("fitting.nothing", as: Fit.self) }
        #expect(throws: LearningOracle.Problem.self) {
            try oracle.call("fitting.logistic", ["x": .array([1], shape: [2, 2])], as: Fit.self)
        }
    }
}
