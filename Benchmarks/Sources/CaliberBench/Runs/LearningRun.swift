import ArgumentParser
import Foundation

/// Who fits and scores beside Caliber.
enum LearningPeer: String, CaseIterable {
    case scikitLearn = "scikit-learn"
    case glum
    case numpy
    case onnxRuntime = "onnxruntime"

    static let fitting: [LearningPeer] = [.scikitLearn, .glum]
    static let scoring: [LearningPeer] = [.scikitLearn, .numpy, .onnxRuntime]

    var title: String {
        switch self {
        case .scikitLearn: "scikit-learn"
        case .glum: "glum"
        case .numpy: "bare numpy"
        case .onnxRuntime: "ONNX Runtime, float32"
        }
    }
}

/// Fits of all engines, several of each.
struct TrainResult {
    let rowCount: Int
    let columnCount: Int
    let matrixBytes: Int
    let caliber: [FitJobReport]
    let peers: [LearningPeer: [FitJobReport]]

    /// The largest difference of a coefficient from a peer's, as a share of the peer's greatest.
    func difference(from peer: LearningPeer) -> Double? {
        guard let own = caliber.first, let other = peers[peer]?.first else { return nil }
        let greatest = other.coefficients.reduce(abs(other.intercept)) { max($0, abs($1)) }
        return zip(own.coefficients + [own.intercept], other.coefficients + [other.intercept])
            .reduce(0) { max($0, abs($1.0 - $1.1)) } / greatest
    }
}

/// Scores by all engines.
struct ScoreResult {
    let rowCount: Int
    let columnCount: Int
    let caliber: ScoreJobReport
    let peers: [LearningPeer: ScoreJobReport]

    func difference(from peer: LearningPeer) -> Double? {
        peers[peer].map { zip(caliber.sample, $0.sample).reduce(0) { max($0, abs($1.0 - $1.1)) } }
    }
}

/// Fits and scores on made rows, the engines by turns.
struct LearningRun {
    let contenders: Contenders
    let folder: URL
    let rowCount: Int
    let repetitions: Int
    let seed: UInt64

    private static let columnCount = 200
    private static let penalty = 1.0

    func trainResult() throws -> TrainResult {
        let rows = try rows()
        var caliber: [FitJobReport] = []
        var peers: [LearningPeer: [FitJobReport]] = [:]
        for round in 1...repetitions {
            Progress.say("train, round \(round): Caliber")
            caliber.append(
                try contenders.own(
                    "learning-fit-job",
                    rows.arguments + ["--penalty", String(LearningRun.penalty), "--repetitions", "2"]
                ).report(FitJobReport.self))
            for peer in LearningPeer.fitting {
                Progress.say("train, round \(round): \(peer.title)")
                let arguments = [peer.rawValue] + rows.peerArguments + [String(LearningRun.penalty)]
                peers[peer, default: []].append(
                    try contenders.peer("learning_fit", arguments).report(FitJobReport.self))
            }
        }
        return TrainResult(
            rowCount: rowCount, columnCount: LearningRun.columnCount, matrixBytes: rows.matrixBytes, caliber: caliber,
            peers: peers)
    }

    func scoreResult() throws -> ScoreResult {
        let rows = try rows()
        let model = contenders.scratch.appending(path: "learned.json").path
        var caliber: [ScoreJobReport] = []
        var peers: [LearningPeer: [ScoreJobReport]] = [:]
        for round in 1...repetitions {
            Progress.say("score, round \(round): Caliber")
            caliber.append(
                try contenders.own("learning-score-job", rows.arguments + ["--model", model])
                    .report(ScoreJobReport.self))
            for peer in LearningPeer.scoring {
                Progress.say("score, round \(round): \(peer.title)")
                peers[peer, default: []].append(
                    try contenders.peer("learning_score", [peer.rawValue] + rows.peerArguments + [model])
                        .report(ScoreJobReport.self))
            }
        }
        return ScoreResult(
            rowCount: rowCount, columnCount: LearningRun.columnCount, caliber: ScoreJobReport(all: caliber),
            peers: peers.mapValues(ScoreJobReport.init))
    }

    /// The file of rows, made when it is not there yet.
    private func rows() throws -> LearningRows {
        let columns = LearningRun.columnCount
        let path = folder.appending(path: "learning-\(rowCount)x\(columns)-\(seed).rows").path
        let arguments = ["--file", path, "--rows", String(rowCount), "--columns", String(columns)]
        let rows = try LearningRows.parse(arguments)
        let whole = rows.matrixBytes + rowCount
        let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int
        if size != whole {
            Progress.say("making \(grouped(rowCount)) rows to learn from")
            _ = try contenders.own("learning-rows-job", rows.arguments + ["--seed", String(seed)])
        }
        return rows
    }
}
