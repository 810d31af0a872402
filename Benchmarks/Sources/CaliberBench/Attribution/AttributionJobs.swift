import ArgumentParser
import CaliberAttribution
import Foundation

/// Made paths as a table: `path,conversions,value,misses`, channels joined by " > ".
struct AttributionPathsJob: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attribution-paths-job", abstract: "Make paths.", shouldDisplay: false)

    @Option var file: String
    @Option var paths = 1_000_000
    @Option var channels = 12
    @Option var seed: UInt64 = 1

    func run() throws {
        var generator = SplitMix(state: seed)
        var text = "path,conversions,value,misses\n"
        text.reserveCapacity(paths * 64)
        for _ in 0..<paths {
            // Channels follow each other in a way of their own; a path of one touch is the most frequent.
            var channel = min(generator.below(channels), generator.below(channels))
            text += AttributionJob.name(channel)
            while generator.below(100) < 68 {
                channel = generator.below(3) == 0 ? (channel * 5 + 3) % channels : generator.below(channels)
                text += " > " + AttributionJob.name(channel)
            }
            let converts = generator.below(100) < 4 + channel
            text += converts ? ",1,\(100 + generator.below(90_000)),0\n" : ",0,0,1\n"
        }
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        try printReport(["paths": paths])
    }
}

private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

/// What a job of a Markov model says, Caliber's and the peer's alike.
struct MarkovJobReport: Codable {
    /// From the paths as text in memory to the channels' conversions.
    let seconds: [Double]
    let conversions: [String: Double]
}

struct AttributionJob: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attribution-job", abstract: "Solve a Markov chain as Caliber does.", shouldDisplay: false)

    @Argument var file: String
    @Argument var order: Int
    @Option var channels = 12
    @Option var repetitions = 3

    static func name(_ channel: Int) -> String { "channel \(channel)" }

    func run() throws {
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: file)))
        let model = AttributionModel.markov(order: order)
        var seconds: [Double] = []
        var conversions: [Double] = []
        for _ in 0..<repetitions {
            let clock = ContinuousClock()
            seconds.append(
                try clock.measure {
                    let paths = PathTable(channels: channels).read(bytes)
                    let isDirect = [Bool](repeating: false, count: channels)
                    conversions = try paths.totals([model], isDirect: isDirect).credit(by: model).conversions
                }.inSeconds)
        }
        try printReport(
            MarkovJobReport(
                seconds: seconds,
                conversions: Dictionary(
                    uniqueKeysWithValues: conversions.enumerated().map { (AttributionJob.name($0), $1) })))
    }
}

/// Reads a table of paths.
private struct PathTable {
    private let codes: [UInt64: UInt8]

    init(channels: Int) {
        codes = Dictionary(
            uniqueKeysWithValues: (0..<channels).map { channel in
                (PathTable.hash(AttributionJob.name(channel).utf8), UInt8(channel))
            })
    }

    func read(_ bytes: [UInt8]) -> PathCollection {
        var paths = PathCollection()
        var path: [UInt8] = []
        var start = (bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count) + 1
        while start < bytes.count {
            path.removeAll(keepingCapacity: true)
            var place = start
            while bytes[place] != UInt8(ascii: ",") {
                let end = bytes[place...].firstIndex { $0 == UInt8(ascii: ">") || $0 == UInt8(ascii: ",") } ?? place
                let isLast = bytes[end] == UInt8(ascii: ",")
                path.append(codes[PathTable.hash(bytes[place..<(isLast ? end : end - 1)])] ?? 0)
                place = isLast ? end : end + 2
            }
            var numbers: [Int64] = [0, 0, 0]
            for column in 0..<3 {
                place += 1
                while bytes[place] != UInt8(ascii: ","), bytes[place] != UInt8(ascii: "\n") {
                    numbers[column] = numbers[column] * 10 + Int64(bytes[place] - UInt8(ascii: "0"))
                    place += 1
                }
            }
            paths.append(path, conversions: numbers[0], misses: numbers[2], value: numbers[1])
            start = place + 1
        }
        return paths
    }

    /// Source: FNV-1a, Fowler, Noll, Vo.
    private static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0100_0000_01b3 }
    }
}
