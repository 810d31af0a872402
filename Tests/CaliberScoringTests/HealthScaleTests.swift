import CaliberRegression
import CaliberScoring
import CaliberTesting
import Foundation
import Testing

@Suite struct HealthScaleTests {
    @Test(arguments: [(0.10, 6_000), (0.05, 7_078), (0.01, 9_459), (0.5, 2_830)])
    func `known risks have their known health`(probability: Double, hundredths: Int) throws {
        let scale = try HealthScale(reviewProbability: 0.10)
        #expect(scale.health(calibratedLogOdds: LogOdds.of(probability)) == Health(hundredths: hundredths))
    }

    @Test func `twice the odds cost the points that double the odds`() throws {
        let scale = try HealthScale(reviewProbability: 0.02, pointsToDoubleOdds: 7)
        let health = scale.health(calibratedLogOdds: LogOdds.of(0.02) + log(2.0))
        #expect(health.description == "53.00")
    }

    @Test func `the shown 60 is never flagged and every 59.99 is`() throws {
        let scale = try HealthScale(reviewProbability: 0.0813)
        #expect(!scale.health(calibratedLogOdds: LogOdds.of(0.0813)).needsReview)
        for step in -3_000...3_000 {
            let health = scale.health(calibratedLogOdds: LogOdds.of(0.0813) + Double(step) * 1e-6)
            #expect(health.needsReview == (health.hundredths < 6_000))
            #expect(health.description == (health.needsReview ? "59.9" : "60.0") + "\(health.hundredths % 10)")
        }
        #expect(Health(hundredths: 5_999).needsReview)
        let edge = LogOdds.of(scale.decisionProbability)
        #expect(scale.health(calibratedLogOdds: edge + 1e-9).needsReview)
        #expect(!scale.health(calibratedLogOdds: edge - 1e-9).needsReview)
        #expect(abs(scale.probability(at: .reviewLine) - 0.0813) < 1e-15)
    }

    @Test func `scores beyond every scale stand at its ends`() throws {
        let scale = try HealthScale(reviewProbability: 0.1)
        #expect(scale.health(calibratedLogOdds: .infinity).hundredths == 0)
        #expect(scale.health(calibratedLogOdds: -.infinity).hundredths == 10_000)
        #expect(scale.health(calibratedLogOdds: 1e300).hundredths == 0)
        #expect(scale.health(calibratedLogOdds: .nan).needsReview)
    }

    @Test(arguments: [(0.0, 10.0), (1, 10), (.nan, 10), (0.1, 0), (0.1, .infinity), (0.1, .nan)])
    func `a scale that means nothing is refused`(probability: Double, points: Double) {
        #expect(throws: ScoringProblem.self) {
            try HealthScale(reviewProbability: probability, pointsToDoubleOdds: points)
        }
    }

    @Test func `points are written with two decimals and their sign`() {
        #expect(HealthPoints.text(hundredths: -307) == "-3.07")
        #expect(HealthPoints.text(hundredths: 5, signed: true) == "+0.05")
        #expect(HealthPoints.text(hundredths: 0, signed: true) == "0.00")
        #expect(HealthPoints.text(hundredths: -5) == "-0.05")
    }
}
