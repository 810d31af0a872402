import CaliberCore
import CaliberIdentity
import CaliberTesting
import Foundation
import Testing

/// Without guards persons are connected components: scipy's are the second opinion.
@Suite struct ComponentOracleTests {
    struct Size: Sendable, CustomTestStringConvertible {
        let nodes: Int
        let edges: Int
        var testDescription: String { "\(edges) edges between \(nodes) nodes" }
    }

    private static let sizes: [Size] =
        [
            Size(nodes: 1, edges: 1), Size(nodes: 10, edges: 4), Size(nodes: 100, edges: 60),
            Size(nodes: 500, edges: 700), Size(nodes: 10_000, edges: 5_100), Size(nodes: 1_200_000, edges: 1_000_000),
        ] + (isLong ? [Size(nodes: 12_000_000, edges: 10_000_000)] : [])

    private static var isLong: Bool { ProcessInfo.processInfo.environment["CALIBER_LONG_TESTS"] != nil }

    @Test(arguments: sizes)
    func `without guards the persons are the connected components that scipy finds`(size: Size) throws {
        var generator = SeededGenerator(seed: UInt64(size.edges))
        let graph = IdentityGraph(IdentityFixture.unguarded)
        var batch = EvidenceBatch()
        let rule = batch.rule("random")
        var ends: (one: [Double], other: [Double]) = ([], [])
        for edge in 0..<size.edges {
            let left = Int.random(in: 0..<size.nodes, using: &generator)
            let right = Int.random(in: 0..<size.nodes, using: &generator)
            ends.one.append(Double(left))
            ends.other.append(Double(size.nodes + right))
            Self.add(left, right, rule: rule, to: &batch)
            if batch.count == 100_000 || edge == size.edges - 1 {
                try graph.absorb(batch)
                batch.removeAll()
            }
        }
        // Nodes that no edge names are components of their own.
        for number in 0..<size.nodes {
            batch.add(NodeName("left", "n\(number)"), of: graph.policy, at: IdentityFixture.moment(0))
            batch.add(NodeName("right", "n\(number)"), of: graph.policy, at: IdentityFixture.moment(0))
        }
        try graph.absorb(batch)
        let persons = graph.personCodes()
        let labels = try (0..<size.nodes * 2).map { number in
            let name = NodeName(number < size.nodes ? "left" : "right", "n\(number % size.nodes)")
            return Double(persons[Int(try #require(graph.node(of: name)))])
        }
        let verdict = try LearningOracle.shared().call(
            "graphs.same_components",
            ["one": .array(ends.one), "other": .array(ends.other), "labels": .array(labels)], as: Verdict.self)
        #expect(verdict.same)
        #expect(verdict.count == Set(persons).count)
    }

    private struct Verdict: Decodable {
        let count: Int
        let same: Bool
    }

    private static func add(_ left: Int, _ right: Int, rule: UInt16, to batch: inout EvidenceBatch) {
        var (one, other) = ("n\(left)", "n\(right)")
        one.withUTF8 { oneBytes in
            other.withUTF8 { otherBytes in
                batch.add(
                    EvidenceBatch.Value(identifier: 0, text: UnsafeRawBufferPointer(oneBytes)),
                    EvidenceBatch.Value(identifier: 1, text: UnsafeRawBufferPointer(otherBytes)), rule: rule,
                    event: UnsafeRawBufferPointer(start: nil, count: 0), first: IdentityFixture.moment(0))
            }
        }
    }
}
