import Foundation

/// Markov chains of one order by both programs.
struct MarkovResult {
    let order: Int
    let caliber: MarkovJobReport
    /// By seed: the first is the package's default.
    let sampled: [MarkovJobReport]

    var ratio: Double { median(caliber.seconds) / median(sampled.flatMap(\.seconds)) }

    /// The largest distance of a channel's conversions from the solution, of those conversions.
    var largestMiss: Double {
        sampled.flatMap { report in
            caliber.conversions.map { channel, exact in
                abs((report.conversions[channel] ?? 0) - exact) / max(1, abs(exact))
            }
        }.max() ?? 0
    }
}

/// Markov chains of order 1 to 3 on made paths, beside the package that everybody samples with.
struct AttributionRun {
    let contenders: Contenders
    let folder: URL
    let paths: Int
    let repetitions: Int
    let seed: UInt64

    static let channelCount = 12

    func results() throws -> [MarkovResult] {
        let file = folder.appending(path: "paths-\(paths)-\(seed).csv").path
        let made = ["--file", file, "--paths", String(paths), "--channels", String(AttributionRun.channelCount)]
        if !FileManager.default.fileExists(atPath: file) {
            Progress.say("making \(grouped(paths)) paths")
            _ = try contenders.own("attribution-paths-job", made + ["--seed", String(seed)])
        }
        return try (1...3).map { order in
            Progress.say("attribution, order \(order): Caliber")
            let caliber = try contenders.own(
                "attribution-job", [file, String(order), "--channels", String(AttributionRun.channelCount)]
            ).report(MarkovJobReport.self)
            var sampled: [MarkovJobReport] = []
            for round in 0..<repetitions {
                Progress.say("attribution, order \(order): ChannelAttribution, round \(round + 1)")
                // One seed's runs take ten neighbours.
                let arguments = [file, String(order), "--seed", String(round * 100)]
                sampled.append(
                    try contenders.peer("attribution_markov", arguments).report(MarkovJobReport.self))
            }
            return MarkovResult(order: order, caliber: caliber, sampled: sampled)
        }
    }
}
