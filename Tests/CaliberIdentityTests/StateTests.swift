import CaliberCore
import CaliberIdentity
import CaliberStore
import CaliberTesting
import Foundation
import GRDB
import Testing

@Suite struct StateTests {
    private let store = IdentityStore(name: "buyers")

    private static func absorb(_ part: [UInt8], into graph: IdentityGraph) throws {
        let result = part.withUnsafeBytes { bytes in
            Result { () throws(IdentityGraphProblem) in try graph.absorb(part: 4, bytes) }
        }
        try result.get()
    }

    private func database() throws -> (folder: TemporaryFolder, store: CaliberStore) {
        let folder = try TemporaryFolder()
        return (folder, try CaliberStore.open(at: folder.url.appending(path: "test.caliber").path))
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `a graph that was saved batch by batch is the same when it is opened`(seed: UInt64) throws {
        let (folder, file) = try database()
        defer { withExtendedLifetime(folder) {} }
        var random = RandomEvidence(seed: seed, values: 9)
        let graph = IdentityGraph(IdentityFixture.policy)
        for batch in 0..<8 {
            try graph.tell((0..<25).map { _ in random.told(0.1) })
            try file.writeBeside { try store.save(graph, position: Int64(batch), in: $0) }
            graph.markSaved()
        }
        let opened = try #require(try file.read { try store.open(IdentityFixture.policy, in: $0) })
        #expect(opened.position == 7)
        #expect(difference(opened.graph.picture(heard: true), graph.picture(heard: true)) == "")
        try opened.graph.tell((0..<25).map { _ in random.told(0.1) })
        #expect(opened.graph.brokenInvariants() == [])
        try file.writeBeside { try store.save(opened.graph, position: 8, in: $0) }
        let again = try #require(try file.read { try store.open(IdentityFixture.policy, in: $0) })
        #expect(difference(again.graph.picture(heard: true), opened.graph.picture(heard: true)) == "")
    }

    @Test func `a save costs what has changed`() throws {
        let graph = IdentityGraph(IdentityFixture.policy)
        for number in 0..<2_000 { try graph.tie(IdentityFixture.user("u\(number)"), NodeName("phone", "p\(number)")) }
        let whole = graph.unsavedParts().reduce(0) { $0 + $1.count }
        graph.markSaved()
        #expect(graph.unsavedParts() == [])
        try graph.tie(IdentityFixture.user("u7"), NodeName("phone", "p7"), day: 3)
        let few = graph.unsavedParts().reduce(0) { $0 + $1.count }
        #expect(few > 0 && few * 500 < whole)
    }

    @Test func `evidence of another declaration is not opened, and a first save makes room for it`() throws {
        let (folder, file) = try database()
        defer { withExtendedLifetime(folder) {} }
        let graph = IdentityGraph(IdentityFixture.policy)
        try graph.tie(IdentityFixture.user("a"), NodeName("phone", "p"))
        try file.writeBeside { try store.save(graph, position: 3, in: $0) }
        #expect(try file.read { try store.open(IdentityFixture.unguarded, in: $0) } == nil)
        let other = IdentityGraph(IdentityFixture.unguarded)
        try other.tie(NodeName("left", "a"), NodeName("right", "p"))
        try file.writeBeside { try store.save(other, position: 5, in: $0) }
        let opened = try #require(try file.read { try store.open(IdentityFixture.unguarded, in: $0) })
        #expect(opened.graph.nodeCount == 2)
        #expect(try file.read { try IdentityStore(name: "sellers").open(IdentityFixture.policy, in: $0) } == nil)
    }

    @Test func `a part that is damaged anywhere is told, and never trapped on`() throws {
        var random = RandomEvidence(seed: 3, values: 6)
        let graph = IdentityGraph(IdentityFixture.policy)
        try graph.tell((0..<30).map { _ in random.told(0.3) })
        let part = try #require(graph.unsavedParts().first)
        for length in 0..<part.count {
            let cut = Array(part[..<length])
            let empty = IdentityGraph(IdentityFixture.policy)
            #expect(throws: IdentityGraphProblem.damagedState(part: 4)) { try Self.absorb(cut, into: empty) }
        }
        var generator = SeededGenerator(seed: 9)
        for _ in 0..<3_000 {
            var changed = part
            changed[Int.random(in: 0..<part.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            let empty = IdentityGraph(IdentityFixture.policy)
            // Some changes give other evidence; the checksum in the database is what tells those.
            try? Self.absorb(changed, into: empty)
        }
        let (folder, file) = try database()
        defer { withExtendedLifetime(folder) {} }
        try file.writeBeside { try store.save(graph, position: 3, in: $0) }
        try file.writeBeside {
            try $0.execute(sql: "UPDATE identityPart SET body = CAST(substr(body, 1, length(body) - 1) AS BLOB)")
        }
        #expect(throws: IdentityGraphProblem.damagedState(part: 0)) {
            try file.read { try store.open(IdentityFixture.policy, in: $0) }
        }
    }
}
