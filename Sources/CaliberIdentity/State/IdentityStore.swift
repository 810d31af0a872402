import CXXHash
import CaliberStore
import Foundation
import GRDB

/// Identity graphs in the database: parts of evidence that are added checkpoint by checkpoint, and the log position that they
/// stand for together.
///
/// A graph is made of its parts when it is opened: it is resolved anew, so what is stored holds under any limits.
package struct IdentityStore {
    /// A name and what goes with it: one graph each.
    package let name: String
    /// Beyond it a save writes the graph anew in few parts.
    private static let mostParts = 512

    package init(name: String) { self.name = name }

    /// The graph as it was saved last.
    ///
    /// - Returns: nil where there is none, or its evidence was made under another declaration: then it is made from the log.
    /// - Throws: `IdentityGraphProblem.damagedState` where a part is not what was written.
    package func open(
        _ policy: IdentityPolicy, in database: Database
    ) throws -> (graph: IdentityGraph, position: Int64)? {
        let saved = try Row.fetchOne(
            database, sql: "SELECT evidenceHash, position FROM identityGraph WHERE name = ?", arguments: [name])
        guard let saved, saved[0] as String == policy.evidenceHash else { return nil }
        let graph = IdentityGraph(policy)
        let parts = try Row.fetchCursor(
            database, sql: "SELECT part, checksum, body FROM identityPart WHERE name = ? ORDER BY part",
            arguments: [name])
        while let part = try parts.next() {
            let number: Int = part[0]
            let checksum: Int64 = part[1]
            try part.withUnsafeData(atIndex: 2) { data in
                guard let data, IdentityStore.checksum(Array(data)) == checksum else {
                    throw IdentityGraphProblem.damagedState(part: number)
                }
                try Array(data).withUnsafeBytes { try graph.absorb(part: number, $0) }
            }
        }
        graph.markSaved()
        return (graph, saved[1])
    }

    /// Writes what has changed since the last save; `graph.markSaved()` is to follow once the transaction is durable.
    ///
    /// - Parameter position: of the log, up to which the graph has taken everything in.
    package func save(_ graph: IdentityGraph, position: Int64, in database: Database) throws {
        let saved = try String.fetchOne(
            database, sql: "SELECT evidenceHash FROM identityGraph WHERE name = ?", arguments: [name])
        let count =
            try Int.fetchOne(
                database, sql: "SELECT COUNT(*) FROM identityPart WHERE name = ?", arguments: [name]) ?? 0
        if saved != graph.policy.evidenceHash || count >= IdentityStore.mostParts {
            try database.execute(sql: "DELETE FROM identityPart WHERE name = ?", arguments: [name])
            graph.forgetSaved()
        }
        let first =
            try Int.fetchOne(
                database, sql: "SELECT MAX(part) + 1 FROM identityPart WHERE name = ?", arguments: [name]) ?? 0
        for (offset, body) in graph.unsavedParts().enumerated() {
            try database.executeCached(
                sql: "INSERT INTO identityPart (name, part, checksum, body) VALUES (?, ?, ?, ?)",
                arguments: [name, first + offset, IdentityStore.checksum(body), Data(body)])
        }
        try database.executeCached(
            sql: """
                INSERT INTO identityGraph (name, evidenceHash, position) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE
                SET evidenceHash = excluded.evidenceHash, position = excluded.position
                """, arguments: [name, graph.policy.evidenceHash, position])
    }

    private static func checksum(_ bytes: [UInt8]) -> Int64 {
        bytes.withUnsafeBytes { Int64(bitPattern: XXH3_64bits($0.baseAddress, $0.count)) }
    }
}
