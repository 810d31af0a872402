import Foundation

/// People found from links, by turns.
struct IdentityResult {
    let linkCount: Int
    let guarded: [IdentityJobReport]
    /// The same code without limits: its persons are the peer's components.
    let unguarded: IdentityJobReport
    let peer: [IdentityJobReport]
}

struct IdentityRun {
    let contenders: Contenders
    let folder: URL
    let linkCount: Int
    let repetitions: Int
    let seed: UInt64

    func result() throws -> IdentityResult {
        let path = folder.appending(path: "identity-\(linkCount)-\(seed).links").path
        let arguments = ["--file", path, "--links", String(linkCount)]
        if !FileManager.default.fileExists(atPath: path) {
            Progress.say("making \(grouped(linkCount)) identity links")
            _ = try contenders.own("identity-links-job", arguments + ["--seed", String(seed)])
        }
        var guarded: [IdentityJobReport] = []
        var peer: [IdentityJobReport] = []
        for round in 1...repetitions {
            Progress.say("identity, round \(round): Caliber")
            guarded.append(try contenders.own("identity-job", arguments).report(IdentityJobReport.self))
            Progress.say("identity, round \(round): SciPy and pandas")
            peer.append(
                try contenders.peer("identity_links", [path, String(linkCount)]).report(IdentityJobReport.self))
        }
        let unguarded = try contenders.own("identity-job", arguments + ["--unguarded"]).report(IdentityJobReport.self)
        return IdentityResult(linkCount: linkCount, guarded: guarded, unguarded: unguarded, peer: peer)
    }
}
