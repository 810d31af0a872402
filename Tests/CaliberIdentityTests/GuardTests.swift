import CaliberCore
import CaliberDictionary
import CaliberIdentity
import CaliberTesting
import Testing

@Suite struct GuardTests {
    private let graph = IdentityGraph(IdentityFixture.policy)

    private func user(_ value: String, at platform: String = "douyin") -> NodeName {
        IdentityFixture.user(value, at: platform)
    }

    private func phone(_ value: String) -> NodeName { NodeName("phone", value) }
    private func device(_ value: String) -> NodeName { NodeName("device", value) }

    @Test func `a telephone number makes accounts of different platforms one person`() throws {
        try graph.tie(user("a"), phone("p"))
        try graph.tie(user("b", at: "tmall"), phone("p"))
        #expect(graph.areOne(user("a"), user("b", at: "tmall")))
    }

    @Test func `two accounts of one platform are two persons, whoever lends the telephone`() throws {
        try graph.tie(user("a"), phone("p"), day: 1)
        try graph.tie(user("b"), phone("p"), day: 2)
        #expect(!graph.areOne(user("a"), user("b")))
        #expect(graph.areOne(user("a"), phone("p")))
        guard case .apart(let refused) = graph.why(user("a"), user("b")) else { return #expect(Bool(false)) }
        #expect(refused.map(\.reason) == [.overLimit(identifier: "user_id", scope: "douyin", most: 1)])
        #expect(refused.first?.evidence.other == user("b"))
    }

    @Test func `a shop's tablet glues nobody, and neither does a test telephone`() throws {
        for number in 0..<30 {
            try graph.tie(user("u\(number)"), device("tablet"), day: Int64(number))
            try graph.tie(user("u\(number)"), phone("p\(number)"))
            try graph.tie(user("m\(number)", at: "tmall"), phone("000-000"))
        }
        for number in 1..<30 {
            #expect(!graph.areOne(user("u0"), user("u\(number)")))
            #expect(!graph.areOne(user("m0", at: "tmall"), user("m\(number)", at: "tmall")))
        }
        #expect(
            graph.why(user("u0"), user("u1"))
                == .apart(
                    refused: graph.refusedEdges().filter {
                        ["u0", "u1"].contains($0.evidence.other.value) && $0.reason == .shared(device("tablet"))
                    }))
    }

    @Test
    func `what too many share says nothing from the account on that is one too many, and what it tied falls apart`()
        throws
    {
        for (number, platform) in ["douyin", "tmall", "jd", "kuaishou"].enumerated() {
            try graph.tie(user("u", at: platform), device("d"), day: Int64(number))
        }
        #expect(graph.areOne(user("u"), user("u", at: "kuaishou")))
        try graph.tie(user("u", at: "store"), device("d"), day: 5)
        #expect(!graph.areOne(user("u"), user("u", at: "kuaishou")))
        #expect(!graph.areOne(user("u"), device("d")))
    }

    @Test func `accounts that have a device long after each other don't share it`() throws {
        for number in 0..<8 {
            try graph.tie(user("u\(number)"), device("d"), day: Int64(number) * 300)
            try graph.tie(user("u\(number)"), device("own\(number)"), day: Int64(number) * 300)
        }
        // The last one has it; for those before it has faded.
        #expect(graph.areOne(user("u7"), device("d")))
        guard case .apart(let refused) = graph.why(user("u0"), device("d")) else { return #expect(Bool(false)) }
        #expect(refused.map(\.reason) == [.faded])
    }

    @Test func `a family of people with telephones of their own stays a family of people`() throws {
        for (name, platform) in [("mother", "douyin"), ("father", "tmall"), ("child", "jd")] {
            try graph.tie(user(name, at: platform), phone(name))
            try graph.tie(user(name, at: platform), device("tablet at home"))
            try graph.tie(user(name, at: platform), NodeName("address", "home"))
        }
        #expect(!graph.areOne(user("mother"), user("father", at: "tmall")))
        #expect(!graph.areOne(user("father", at: "tmall"), user("child", at: "jd")))
        #expect(graph.waitingForReview().count == 4)
        #expect(
            graph.why(user("mother"), user("father", at: "tmall"))
                != .apart(refused: []))
    }

    @Test
    func `one weak edge between two dense groups waits for review, enough weak edges of different values join them`()
        throws
    {
        try graph.tie(user("a"), phone("p"))
        try graph.tie(user("b", at: "tmall"), phone("q"))
        for name in [user("a"), user("b", at: "tmall")] { try graph.tie(name, device("d"), rule: "login") }
        for name in [user("a"), user("b", at: "tmall")] { try graph.tie(name, device("d"), rule: "order") }
        #expect(!graph.areOne(user("a"), user("b", at: "tmall")))
        #expect(graph.waitingForReview().count == 2, "both rules' edges of the one value")
        for name in [user("a"), user("b", at: "tmall")] { try graph.tie(name, NodeName("payer", "y")) }
        #expect(graph.areOne(user("a"), user("b", at: "tmall")))
        #expect(graph.waitingForReview() == [])
    }

    @Test func `an account without anything strong goes by its device`() throws {
        try graph.tie(user("a"), phone("p"))
        try graph.tie(user("a"), device("d"))
        try graph.tie(user("b", at: "tmall"), device("d"))
        #expect(graph.areOne(user("a"), user("b", at: "tmall")))
    }

    @Test func `of an event that contradicts itself the weakest identifier falls`() throws {
        // The telephone says A, the device says B, and A and B have accounts of one platform.
        try graph.tie(user("A"), phone("p"))
        try graph.tie(user("B"), device("d"))
        let newcomer = user("x", at: "tmall")
        try graph.tie(newcomer, device("d"), day: 3, event: "e1")
        #expect(graph.areOne(newcomer, user("B")), "there is only the device so far")
        try graph.tie(newcomer, phone("p"), day: 4, event: "e2")
        #expect(graph.areOne(newcomer, user("A")))
        #expect(!graph.areOne(newcomer, user("B")))
        #expect(graph.refusedEdges().map { $0.evidence.one } == [device("d")])
    }

    @Test func `of weak identifiers the one of less weight falls, of like ones the later`() throws {
        let (a, b) = (user("A"), user("B"))
        let newcomer = user("x", at: "tmall")
        try graph.tie(a, NodeName("payer", "y"), day: 1)
        try graph.tie(b, device("d"), day: 1)
        try graph.tie(newcomer, device("d"), day: 0)
        try graph.tie(newcomer, NodeName("payer", "y"), day: 1)
        #expect(graph.areOne(newcomer, a))
        let later = IdentityGraph(IdentityFixture.policy)
        try later.tie(a, device("d"), day: 1)
        try later.tie(b, device("e"), day: 1)
        try later.tie(newcomer, device("e"), day: 3)
        try later.tie(newcomer, device("d"), day: 2)
        #expect(later.areOne(newcomer, a))
    }

    @Test func `limits are per window where they say so`() throws {
        for number in 0..<6 { try graph.tie(user("a"), device("d\(number)"), day: Int64(number) * 200) }
        #expect(graph.person(of: user("a"))?.members.count == 7, "two new devices a year are few")
        for number in 6..<9 { try graph.tie(user("a"), device("d\(number)"), day: 1_001 + Int64(number)) }
        let person = try #require(graph.person(of: user("a")))
        #expect(person.members.count == 7 + 1, "of five in one year three stay")
    }

    @Test func `orders tie a payment account to the buyer, and many orders are not many people`() throws {
        for number in 0..<40 {
            let order = NodeName("order", "o\(number)")
            try graph.tie(order, NodeName("payer", "y"), day: Int64(number), rule: "payment.callback")
            try graph.tie(user("a"), order, day: Int64(number))
        }
        #expect(graph.areOne(user("a"), NodeName("payer", "y")))
        for number in 0..<4 {
            try graph.tie(user("b\(number)", at: "tmall"), NodeName("order", "other\(number)"))
            try graph.tie(NodeName("order", "other\(number)"), NodeName("payer", "y"), rule: "payment.callback")
        }
        #expect(!graph.areOne(user("a"), NodeName("payer", "y")), "five people pay by it")
    }

    @Test func `an order that two accounts have ties neither`() throws {
        try graph.tie(user("a"), NodeName("order", "o"))
        try graph.tie(user("b", at: "tmall"), NodeName("order", "o"))
        #expect(!graph.areOne(user("a"), user("b", at: "tmall")))
    }

    @Test func `blocked values are nobody's, whatever they stand beside`() throws {
        for value in ["", "0", "0000", "-", "0-0", "-1", "null", "anonymous"] {
            try graph.tie(user("a", at: "douyin"), phone(value))
            try graph.tie(user("b", at: "tmall"), phone(value))
        }
        #expect(!graph.areOne(user("a"), user("b", at: "tmall")))
        #expect(graph.edgeCount == 0)
        #expect(graph.person(of: user("a"))?.members == [user("a")])
    }

    @Test func `an event's blocked account is not its centre`() throws {
        var evidence = EventEvidence(graph.policy)
        var batch = EvidenceBatch()
        let rule = batch.rule("order.created")
        let texts = ["000", "p", "d"].map { Array($0.utf8) }
        texts[0].withUnsafeBytes { account in
            texts[1].withUnsafeBytes { phone in
                texts[2].withUnsafeBytes { device in
                    evidence.add(
                        [
                            EvidenceBatch.Value(identifier: 4, text: device),
                            EvidenceBatch.Value(identifier: 0, text: account),
                            EvidenceBatch.Value(identifier: 2, text: phone),
                        ], event: UnsafeRawBufferPointer(start: nil, count: 0), rule: rule,
                        at: IdentityFixture.moment(0), to: &batch)
                }
            }
        }
        try graph.absorb(batch)
        #expect(graph.edgeCount == 1)
        #expect(graph.areOne(phone("p"), device("d")))
    }

    @Test func `a batch of an identifier that there is not is refused whole`() throws {
        var batch = EvidenceBatch()
        batch.add(user("a"), of: graph.policy, at: IdentityFixture.moment(0))
        batch.add(
            EvidenceBatch.Value(identifier: 40, text: UnsafeRawBufferPointer(start: nil, count: 0)),
            first: IdentityFixture.moment(0))
        #expect(throws: IdentityGraphProblem.unknownIdentifier(number: 40)) { try graph.absorb(batch) }
        #expect(graph.nodeCount == 0)
    }
}
