import CaliberRegression
import CaliberScoring
import CaliberTesting
import Testing

@Suite struct DriftCountsTests {
    /// Values with ties, infinities and gaps.
    private static func value(_ generator: inout SeededGenerator) -> Double {
        switch Int.random(in: 0..<12, using: &generator) {
        case 0: .nan
        case 1: .infinity
        case 2: -.infinity
        case 3...6: Double(Int.random(in: -3...3, using: &generator))
        default: Double.random(in: -4...4, using: &generator)
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `rows counted one by one are as far from training as the report says of all of them`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var file = try FixedModelFile.make()
        for index in file.columns.indices {
            let values = (0..<Int.random(in: 0...300, using: &generator)).map { _ in
                DriftCountsTests.value(&generator)
            }
            // Columns with one bin, with a bin a value, and without bins.
            let binCount = Int.random(in: 1...40, using: &generator)
            file.columns[index].bins =
                Int.random(in: 0..<8, using: &generator) == 0 ? nil : FrozenBins(of: values, binCount: binCount)
        }
        file.scoreBins = FrozenBins(of: (0..<200).map { _ in Double.random(in: 0...1, using: &generator) })
        let baseline = DriftBaseline(file)
        var columns = [[Double]](repeating: [], count: file.columns.count)
        var probabilities: [Double] = []
        var counts = DriftCounts(baseline)
        var later = DriftCounts(baseline)
        for index in 0..<Int.random(in: 0...400, using: &generator) {
            let row = file.columns.map { _ in DriftCountsTests.value(&generator) }
            // Some lie on a bound.
            let probability =
                index.isMultiple(of: 3)
                ? file.scoreBins?.bounds.randomElement(using: &generator) ?? 0.5
                : Double.random(in: 0...1, using: &generator)
            for (column, value) in row.enumerated() { columns[column].append(value) }
            probabilities.append(probability)
            row.withUnsafeBufferPointer {
                if index.isMultiple(of: 2) {
                    counts.add(row: $0, probability: probability, by: baseline)
                } else {
                    later.add(row: $0, probability: probability, by: baseline)
                }
            }
        }
        counts.add(later)
        #expect(counts.rowCount == probabilities.count)
        let report = DriftReport(file: file, columns: columns, probabilities: probabilities)
        let measured = baseline.measurements(of: counts)
        #expect(baseline.entries.count == report.features.count + 1)
        for (entry, measured) in zip(baseline.entries, measured) {
            switch entry.subject {
            case .score:
                #expect(measured.stability == report.score)
                #expect(entry.weight == nil)
            case .feature(let id):
                let feature = try #require(report.features.first { $0.id == id })
                #expect(measured.stability == feature.stability)
                #expect(measured.missingShareBefore == feature.missingShareBefore)
                #expect(measured.missingShareNow == feature.missingShareNow)
                #expect(entry.weight == feature.weight)
            }
        }
    }

    @Test func `counts of another baseline are not taken up`() throws {
        let baseline = DriftBaseline(try FixedModelFile.make())
        let counts = DriftCounts(baseline)
        #expect(DriftCounts(baseline, rowCount: 0, places: counts.places) == counts)
        #expect(DriftCounts(baseline, rowCount: 0, places: counts.places + [0]) == nil)
        #expect(DriftCounts(baseline, rowCount: -1, places: counts.places) == nil)
    }
}
