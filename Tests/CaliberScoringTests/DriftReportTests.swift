import CaliberRegression
import CaliberScoring
import CaliberTesting
import Foundation
import Testing

@Suite struct DriftReportTests {
    /// A file whose columns and score were frozen on one sample of orders, and another sample of the same kind.
    private struct Sample {
        var columns: [[Double]]
        var probabilities: [Double]
        var labels: [Double]

        init(seed: UInt64, count: Int, shift: Double = 0, missing: Bool = false) {
            var generator = SeededGenerator(seed: seed)
            columns = [[], [], [], []]
            probabilities = []
            labels = []
            for _ in 0..<count {
                let values = (0..<4).map { _ in Double.random(in: 0...1, using: &generator) }
                columns[0].append(values[0] + shift)
                columns[1].append(missing && values[1] < 0.1 ? .nan : values[1])
                columns[2].append(values[2] < 0.3 ? 1 : 0)
                columns[3].append(0)
                let probability = 0.02 + 0.16 * values[3]
                probabilities.append(probability)
                labels.append(Double.random(in: 0..<1, using: &generator) < probability ? 1 : 0)
            }
        }
    }

    private func file(_ sample: Sample) throws -> ModelFile {
        var file = try FixedModelFile.make()
        for index in file.columns.indices { file.columns[index].bins = FrozenBins(of: sample.columns[index]) }
        file.scoreBins = FrozenBins(of: sample.probabilities)
        file.training.baseRate = 0.1
        return file
    }

    @Test func `a sample of the same kind is noise on all but one line of a thousand`() throws {
        var moved: [String] = []
        for seed in 0..<10 as Range<UInt64> {
            let file = try file(Sample(seed: seed + 100, count: 5_000))
            let now = Sample(seed: seed, count: 700)
            let report = DriftReport(
                file: file, columns: now.columns, probabilities: now.probabilities, labels: now.labels)
            #expect(report.features.count == 4)
            moved += report.features.filter { !$0.isNoise }.map(\.id)
            if !report.scoreIsNoise { moved.append("score") }
            if !(try #require(report.baseRate).isNoise) { moved.append("base rate") }
            if !(try #require(report.meanProbability).isNoise) { moved.append("mean probability") }
            if !(try #require(report.calibration).slopeIsNoise) { moved.append("slope") }
            #expect(report.scoreVerdict == .stable)
        }
        // Of these 80 lines one may lie past its limit by chance.
        #expect(moved.count <= 1, "\(moved)")
    }

    @Test func `what moved comes first and is no noise`() throws {
        let file = try file(Sample(seed: 1, count: 5_000))
        let now = Sample(seed: 2, count: 2_000, shift: 0.2, missing: true)
        let report = DriftReport(file: file, columns: now.columns, probabilities: now.probabilities.map { $0 * 2 })
        #expect(report.features.map(\.id).prefix(2) == ["buyer_refund_rate_30d", "carrier_delay_p95_24h"])
        #expect(!report.features[0].isNoise && report.features[0].missingShareBefore == 0)
        #expect(abs(report.features[0].missingShareNow - 0.1) < 0.03)
        #expect(report.features[1].verdict == .strong && !report.features[1].isNoise)
        #expect(report.features[2].isNoise && report.features[3].isNoise)
        #expect(!report.scoreIsNoise && report.baseRate == nil && report.calibration == nil)
    }

    @Test func `labels that came otherwise show in rate and calibration, those unknown do not count`() throws {
        let file = try file(Sample(seed: 1, count: 5_000))
        let now = Sample(seed: 3, count: 4_000)
        let halved = now.labels.enumerated().map { $0.offset % 2 == 0 ? $0.element : nil }
        let half = DriftReport(
            file: file, columns: now.columns, probabilities: now.probabilities, labels: halved)
        #expect(half.rowCount == 4_000 && half.baseRate?.isNoise == true)
        let worse = zip(now.labels, now.probabilities).enumerated().map { index, row in
            index % 8 == 0 ? 1.0 : row.0
        }
        let report = DriftReport(
            file: file, columns: now.columns, probabilities: now.probabilities, labels: worse)
        #expect(report.baseRate?.isNoise == false && report.meanProbability?.isNoise == false)
        #expect(try #require(report.baseRate?.zValue) > 10)
        #expect(try #require(report.calibration?.shift) > 0.5)
        #expect(report.calibration?.slopeIsNoise == false)
        let data = try JSONEncoder().encode(report)
        #expect(try JSONDecoder().decode(DriftReport.self, from: data) == report)
    }

    @Test func `no rows give no verdict`() throws {
        let file = try file(Sample(seed: 1, count: 500))
        let report = DriftReport(file: file, columns: [[], [], [], []], probabilities: [])
        #expect(report.scoreVerdict == .unknown && report.features.allSatisfy { $0.verdict == .unknown })
    }
}
