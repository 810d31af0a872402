import CaliberCore
import CaliberIdentity
import CaliberTesting
import Testing

@Suite struct PersonTests {
    private let graph = IdentityGraph(IdentityFixture.policy)
    private let old = IdentityFixture.user("old")
    private let young = IdentityFixture.user("young", at: "tmall")
    private let phone = NodeName("phone", "p")

    @Test func `the older of two persons keeps its id, and the other's id leads to it`() throws {
        try graph.tie(old, NodeName("device", "d"), day: 1)
        try graph.tie(young, phone, day: 5)
        let before = (try #require(graph.person(of: old)), try #require(graph.person(of: young)))
        #expect(before.0.id != before.1.id)
        try graph.tie(old, phone, day: 9, rule: "login", event: "e9")
        let after = try #require(graph.person(of: young))
        #expect(after.id == before.0.id)
        #expect(graph.person(of: before.1.id) == after)
        #expect(after.firstSeen == IdentityFixture.moment(1))
        #expect(after.lastSeen == IdentityFixture.moment(9))
        let history = graph.history(of: phone)
        #expect(history.map(\.survivor) == [before.0.id])
        #expect(history.map(\.absorbed) == [before.1.id])
        #expect(history.map(\.at) == [IdentityFixture.moment(9)])
        #expect(history.first?.by.event == "e9")
    }

    @Test func `a person's id is that of its oldest account, wherever and whenever it is computed`() throws {
        try graph.tie(old, phone, day: 3)
        #expect(graph.person(of: phone)?.id.description == "82e4tq6kg3wfyg2m")
    }

    @Test func `why is the shortest way over the strongest edges, with rule, event and time`() throws {
        try graph.tie(old, NodeName("device", "d"), day: 1, event: "e1")
        try graph.tie(young, NodeName("device", "d"), day: 1, event: "e2")
        try graph.tie(old, phone, day: 2, event: "e3")
        try graph.tie(young, phone, day: 4, rule: "login", event: "e4")
        try graph.tie(young, phone, day: 3, rule: "login", event: "e5")
        guard case .together(let path) = graph.why(old, young) else { return #expect(Bool(false)) }
        #expect(path.map(\.event) == ["e3", "e5"], "the earliest evidence of each edge")
        #expect(path.map(\.rule) == ["order.created", "login"])
        #expect(path.map(\.strength) == [.strong, .strong])
        #expect(path.last?.first == IdentityFixture.moment(3))
        #expect(path.last?.last == IdentityFixture.moment(4))
        #expect(graph.why(old, old) == .together(path: []))
        #expect(graph.why(old, IdentityFixture.user("nobody")) == .unknown(IdentityFixture.user("nobody")))
        #expect(graph.why(IdentityFixture.user("nobody"), old) == .unknown(IdentityFixture.user("nobody")))
    }

    @Test func `strangers that nothing speaks for have no reasons`() throws {
        try graph.tie(old, phone)
        try graph.tie(young, NodeName("phone", "q"))
        #expect(graph.why(old, young) == .apart(refused: []))
    }

    @Test func `a scored pair is weak evidence of its own weight`() throws {
        try graph.tie(old, phone)
        try graph.tie(young, NodeName("phone", "q"))
        try graph.tie(old, young, day: 1, rule: "scoring", event: "", score: 700)
        #expect(!graph.areOne(old, young))
        #expect(graph.waitingForReview().map(\.evidence.weight) == [700])
        try graph.tie(old, young, day: 1, rule: "scoring", event: "", score: 1_000)
        #expect(graph.areOne(old, young))
    }
}
