import ArgumentParser
import CaliberCore
import CaliberDictionary
import CaliberIdentity
import Foundation

/// What a job that finds people says, Caliber's and the peer's alike.
struct IdentityJobReport: Codable {
    let seconds: Double
    /// The most memory beyond the links' own.
    let extraBytes: Int
    let persons: Int
    let nodes: Int
    /// Caliber's alone: of a tenth as many further links, by batch.
    var batchSeconds: [Double]?
    var refused: Int?
}

struct IdentityJob: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identity-job", abstract: "Find people as Caliber does.", shouldDisplay: false)

    @Option var file: String
    @Option var links: Int
    @Flag(help: "Without limits: connected components.") var unguarded = false

    private static let batchLinks = 100_000

    func run() throws {
        let loaded = try LoadedLinks(file)
        let graph = IdentityGraph(policy)
        var batch = EvidenceBatch()
        let clock = ContinuousClock()
        let memory = try ExtraMemory()
        var persons = 0
        let seconds = try clock.measure {
            for begin in stride(from: 0, to: links, by: Self.batchLinks) {
                try absorb(begin..<min(begin + Self.batchLinks, links), of: loaded, &batch, graph)
            }
            let codes = graph.personCodes()
            persons = codes.indices.reduce(0) { $0 + (codes[$1] == $1 ? 1 : 0) }
        }.inSeconds
        let extraBytes = try memory.bytes()
        let nodes = graph.nodeCount
        let batchSeconds = try stride(from: links, to: loaded.count, by: Self.batchLinks).map { begin in
            try clock.measure {
                try absorb(begin..<min(begin + Self.batchLinks, loaded.count), of: loaded, &batch, graph)
            }.inSeconds
        }
        try printReport(
            IdentityJobReport(
                seconds: seconds, extraBytes: extraBytes, persons: persons, nodes: nodes, batchSeconds: batchSeconds,
                refused: graph.waitingForReview().count))
    }

    private func absorb(
        _ range: Range<Int>, of loaded: LoadedLinks, _ batch: inout EvidenceBatch, _ graph: IdentityGraph
    ) throws {
        batch.removeAll()
        let rule = batch.rule("order.created")
        // Accounts are unique within their platform.
        let kinds = loaded.prefixes.map { prefix in
            Self.traits.firstIndex(of: prefix).map { (identifier: $0 + 1, scope: UInt16(0)) }
                ?? (identifier: 0, scope: batch.scope(prefix))
        }
        loaded.bytes.withUnsafeBytes { bytes in
            func value(_ end: (prefix: UInt8, begin: Int32, end: Int32)) -> EvidenceBatch.Value {
                let kind = kinds[Int(end.prefix)]
                return EvidenceBatch.Value(
                    identifier: kind.identifier, scope: kind.scope,
                    text: UnsafeRawBufferPointer(rebasing: bytes[Int(end.begin)..<Int(end.end)]))
            }
            for link in range {
                let left = value(loaded.ends[link * 2])
                batch.add(
                    left, value(loaded.ends[link * 2 + 1]), rule: rule, event: left.text,
                    first: Timestamp(microseconds: Int64(link) * 1_000_000))
            }
        }
        try graph.absorb(batch)
    }

    private static let traits = ["phone", "device", "payer"]

    private var policy: IdentityPolicy {
        let year = 365 * Timestamp.microsecondsPerDay
        func identifier(
            _ name: String, _ role: IdentityDefinition.Role = .value, _ strength: IdentityDefinition.Strength,
            values: IdentityDefinition.Limit?, sharedBy: IdentityDefinition.Limit?, halfLife: Int64? = nil
        ) -> IdentityDefinition.Identifier {
            IdentityDefinition.Identifier(
                name: name, role: role, strength: strength, weight: 450, halfLife: unguarded ? nil : halfLife,
                values: unguarded ? nil : values, sharedBy: unguarded ? nil : sharedBy,
                blocked: IdentityDefinition.BlockedValues(
                    values: ["-1", "null", "anonymous"], patterns: (try? ValuePattern("^[0-]*$")).map { [$0] } ?? []),
                carriers: [], location: SourceLocation(file: "buyers.yaml"))
        }
        let five = IdentityDefinition.Limit(most: 5)
        return IdentityPolicy(
            [
                identifier("user_id", .account, .strong, values: IdentityDefinition.Limit(most: 1), sharedBy: nil),
                identifier("phone", .value, .strong, values: five, sharedBy: IdentityDefinition.Limit(most: 20)),
                identifier(
                    "device", .value, .weak, values: IdentityDefinition.Limit(most: 5, window: year),
                    sharedBy: IdentityDefinition.Limit(most: 10, window: year), halfLife: year / 2),
                identifier(
                    "payer", .value, .weak, values: five, sharedBy: IdentityDefinition.Limit(most: 10), halfLife: year),
            ], bridgeWeight: unguarded ? 0 : 1_000, attachWeight: unguarded ? 0 : 300)
    }
}
