import CaliberCore
import CaliberIdentity
import CaliberTesting
import Testing

@Suite struct DecisionTests {
    private let graph = IdentityGraph(IdentityFixture.policy)
    private let a = IdentityFixture.user("a")
    private let b = IdentityFixture.user("b", at: "tmall")
    private let c = IdentityFixture.user("c")
    private let phone = NodeName("phone", "p")

    private func decide(_ verdict: Decision.Verdict, day: Int64 = 10, who: String = "ops") throws {
        try graph.decide([Decision(verdict, who: who, why: "asked", at: IdentityFixture.moment(day))])
    }

    @Test func `a split outranks the strongest evidence, and a release gives it back`() throws {
        try graph.tie(a, phone, day: 1)
        try graph.tie(b, phone, day: 2)
        try decide(.split(b, a))
        #expect(!graph.areOne(a, b))
        #expect(graph.areOne(a, phone))
        #expect(graph.refusedEdges().map(\.reason) == [.heldApart])
        try decide(.release(a, b), day: 11)
        #expect(graph.areOne(a, b))
    }

    @Test func `a merge needs no evidence and outranks limits, and who said it is among the reasons`() throws {
        try graph.tie(a, phone)
        try decide(.merge(a, c))
        #expect(graph.areOne(a, c), "two accounts of one platform")
        guard case .together(let path) = graph.why(phone, c) else { return #expect(Bool(false)) }
        #expect(path.map(\.strength) == [.strong, .operator])
        try graph.tie(b, phone)
        #expect(graph.areOne(b, c))
        try graph.tie(IdentityFixture.user("d"), phone, day: 9)
        #expect(!graph.areOne(IdentityFixture.user("d"), a), "no third one comes in by evidence")
    }

    @Test func `the latest word holds, whenever it comes in; of one moment the careful one`() throws {
        try decide(.merge(a, b), day: 20)
        try decide(.split(a, b), day: 10)
        #expect(graph.areOne(a, b))
        try decide(.split(a, b), day: 20)
        #expect(!graph.areOne(a, b))
    }

    @Test func `words that contradict each other over three are taken latest first`() throws {
        try decide(.merge(a, b), day: 1)
        try decide(.merge(b, c), day: 2)
        try decide(.split(a, c), day: 3)
        #expect(graph.areOne(b, c))
        #expect(!graph.areOne(a, b))
        #expect(graph.refusedEdges().map(\.reason) == [.heldApart])
    }

    @Test func `an edge, a rule or what weighs little can be cut and restored`() throws {
        let device = NodeName("device", "d")
        try graph.tie(a, phone, day: 1, rule: "order.created")
        try graph.tie(b, phone, day: 2, rule: "login")
        try graph.tie(IdentityFixture.user("e", at: "jd"), device, day: 2, rule: "login")
        try graph.tie(a, device, day: 2, rule: "login")
        try decide(.cut(.edge(phone, b, rule: nil)))
        #expect(!graph.areOne(a, b))
        try decide(.restore(.edge(b, phone, rule: nil)), day: 11)
        #expect(graph.areOne(a, b))
        try decide(.cut(.rule("login")), day: 12)
        #expect(!graph.areOne(a, b))
        #expect(!graph.areOne(a, device))
        try graph.tie(IdentityFixture.user("f", at: "store"), phone, day: 30, rule: "login")
        #expect(!graph.areOne(a, IdentityFixture.user("f", at: "store")), "later edges of the rule are cut as well")
        try decide(.restore(.rule("login")), day: 13)
        try decide(.cut(.weakerThan(600)), day: 14)
        #expect(graph.areOne(a, b))
        #expect(!graph.areOne(a, device))
        #expect(graph.refusedEdges().allSatisfy { $0.reason == .cut })
        #expect(graph.brokenInvariants() == [])
    }

    @Test func `a cut report says what a cut then does`() throws {
        var random = RandomEvidence(seed: 5, values: 14)
        try graph.tell((0..<160).map { _ in random.told(0) })
        for selection in [EdgeSelection.rule("order"), .rule("login"), .weakerThan(550), .rule("nothing")] {
            let report = graph.cutReport(of: selection)
            let before = graph.personCodes()
            try decide(.cut(selection), day: 50)
            let after = graph.personCodes()
            let moved = before.indices.filter { before[$0] != after[$0] }
            #expect(report.moves.map { Int($0.node) } == moved)
            #expect(report.moves.map(\.after) == moved.map { after[$0] })
            #expect(report.persons.isEmpty == moved.isEmpty)
            for person in report.persons {
                for account in person.movedAccounts {
                    #expect(person.after.contains(try #require(graph.person(of: account)).id))
                }
            }
            try decide(.restore(selection), day: 51)
            #expect(graph.personCodes() == before)
        }
    }

    @Test func `words about nobody are refused with a reason`() throws {
        #expect(throws: IdentityGraphProblem.sameNode(node: a)) { try decide(.split(a, a)) }
        #expect(throws: IdentityGraphProblem.blockedValue(node: NodeName("phone", "000"))) {
            try decide(.merge(a, NodeName("phone", "000")))
        }
        #expect(throws: IdentityGraphProblem.unknownIdentifierName(name: "phon", suggestions: ["phone"])) {
            try decide(.merge(a, NodeName("phon", "1")))
        }
        #expect(graph.nodeCount == 0)
    }
}
