import CaliberAlerts
import CaliberCore
import CaliberSinks
import CaliberStore
import CaliberTesting
import Testing

@Suite struct LabelMatcherTests {
    @Test(arguments: [
        ("channel = douyin", true), ("channel=\"douyin\"", true), ("channel != douyin", false),
        ("channel =~ \"dou.*\"", true), ("channel =~ dou", false), ("channel !~ \"dou.*\"", false),
        ("channel in (tmall, douyin)", true), ("channel in (tmall)", false), ("channel not in (tmall, jd)", true),
        ("province = \"\"", true), ("province != \"\"", false), ("city = 北京", true),
        ("note = \"a \\\"b\\\" \\\\ c\"", true),
        ("order =~ \"\\d+\"", true),
    ])
    func `a condition says which labels it fits`(text: String, fits: Bool) throws {
        let labels = ["channel": "douyin", "city": "北京", "note": "a \"b\" \\ c", "order": "123"]
        let matcher = try LabelMatcher(parsing: text)
        #expect(matcher.matches(labels) == fits)
        #expect(try LabelMatcher(parsing: matcher.description) == matcher, "\(matcher)")
    }

    @Test(arguments: [
        "", "channel", "channel =", "= douyin", "channel == douyin", "channel in", "channel in (", "channel in ()",
        "channel in (a b)", "channel not (a)", "channel = \"a", "channel = a b", "channel ~ a", "channel = \"a\\",
    ])
    func `what is no condition is refused with an example`(text: String) {
        #expect(throws: AlertProblem.malformedMatcher(text: text)) { try LabelMatcher(parsing: text) }
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `any condition reads back as it was printed`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let letters = ["a", "Z", "9", "_", "-", " ", "\"", "\\", "(", ")", ",", "=", "订", "\n", "~", "in"]
        func value() -> String {
            (0..<Int.random(in: 0..<6, using: &generator)).map { _ in letters.randomElement(using: &generator)! }
                .joined()
        }
        let values = [value(), value()]
        let conditions: [LabelMatcher.Condition] = [
            .equals(values[0]), .differs(values[0]), .isOneOf(values), .isNoneOf([values[0]]),
        ]
        let matcher = try LabelMatcher("label", conditions[Int(seed % 4)])
        #expect(try LabelMatcher(parsing: matcher.description) == matcher, "\(matcher)")
    }
}

@Suite struct AlertRoutingTests {
    private func routing(_ root: AlertRoute) throws -> AlertRouting {
        try AlertRouting(endpoints: ["risk", "ops", "finance", "all"].map { AlertEndpoint(name: $0) }, root: root)
    }

    private func endpoints(_ root: AlertRoute, _ alert: Alert) throws -> [String] {
        let bench = try AlertBench(routing(root))
        try bench.raise(alert)
        return try bench.store.read { try AlertListing.alert(alert.id, in: $0) }?.words.map(\.endpoint) ?? []
    }

    @Test func `an alert takes the first branch that fits, and later ones where branches go on`() throws {
        let root = AlertRoute(
            endpoints: ["all"],
            routes: [
                AlertRoute(matchers: [try LabelMatcher(parsing: "watch = none")], endpoints: ["finance"]),
                AlertRoute(
                    matchers: [try LabelMatcher(parsing: "severity = warning")], endpoints: ["risk"], continues: true),
                AlertRoute(
                    matchers: [try LabelMatcher(parsing: "channel = douyin")],
                    routes: [
                        AlertRoute(matchers: [try LabelMatcher(parsing: "watch = health")], endpoints: ["ops", "risk"])
                    ]),
                AlertRoute(matchers: [try LabelMatcher(parsing: "watch = health")], endpoints: ["finance"]),
            ])
        #expect(try endpoints(root, alert("a")) == ["risk", "ops"])
        // No branch of the branch fits: it takes the alert itself, with the endpoints from above.
        #expect(try endpoints(root, alert("b", watch: "stuck", severity: .info)) == ["all"])
        #expect(try endpoints(root, alert("c", severity: .info, channel: "jd")) == ["finance"])
        #expect(try endpoints(root, alert("d", watch: "other", severity: .info, channel: "jd")) == ["all"])
    }

    @Test func `alerts for nobody are counted`() throws {
        let bench = try AlertBench(routing(AlertRoute()))
        #expect(try bench.raise(alert("a")) == .opened(endpointCount: 0))
        #expect(try bench.store.read { try AlertAccount.read(in: $0) }.unroutedCount == 1)
        try bench.expectSound()
    }

    @Test func `every problem of a configuration is found at once, and says what to do`() {
        do {
            let deep = (0..<20).reduce(AlertRoute(endpoints: ["hook"])) { route, _ in AlertRoute(routes: [route]) }
            _ = try AlertRouting(
                endpoints: [
                    AlertEndpoint(name: "hook"), AlertEndpoint(name: "hook"), AlertEndpoint(name: ""),
                    AlertEndpoint(name: "robot", budget: SendingBudget([.init(partCount: 0, seconds: 60)])),
                    AlertEndpoint(name: "chat", budget: SendingBudget([.init(partCount: 1, seconds: .nan)])),
                ],
                root: AlertRoute(
                    matchers: [try LabelMatcher(parsing: "channel = douyin")], endpoints: ["hok"],
                    waitMicroseconds: -1_000_000, repeatMicroseconds: 0,
                    routes: [AlertRoute(endpoints: ["robt"]), deep]),
                inhibitions: [InhibitionRule(source: [], target: [])], noticeEndpoints: ["mail"])
            Issue.record("it was taken")
        } catch {
            GoldenFile.expect("\(error)\n", matches: "routing-problems.txt")
        }
    }

    @Test func `every problem of a request says what to do`() throws {
        let moment = Timestamp(microseconds: 1_772_323_200_000_000)
        let problems: [AlertProblem] = [
            .malformedMatcher(text: "channel == douyin"), .malformedPattern(pattern: "(", matcher: "watch =~ \"(\""),
            .boundlessSilence, .silenceEndsBeforeItBegins(from: moment, until: moment.after(seconds: -60)),
            .silenceOver(until: moment, now: moment.after(seconds: 60)), .anonymous(what: "A verdict"),
            .unknownSilence(number: 7), .unknownMessage(id: "msg_1"), .messageNotDead(id: "msg_1", state: "pending"),
            .endpointDisabled(name: "hook", reason: "it is gone for good: 410"), .badAlertID(id: "a b"),
            .unknownTicket(number: 3), .ticketClosed(number: 3, at: moment),
            .unknownVerdict(text: "bda", nearest: ["bad"]), .unreadable(table: "reviewTicket", key: "3"),
        ]
        GoldenFile.expect(
            problems.map { $0.diagnostic.description + "\n" }.joined(), matches: "alert-problems.txt")
        #expect(throws: AlertProblem.malformedPattern(pattern: "(", matcher: "watch =~ \"(\"")) {
            try LabelMatcher(parsing: "watch =~ \"(\"")
        }
        #expect(throws: AlertProblem.unknownVerdict(text: "bda", nearest: ["bad"])) {
            try ReviewVerdict(parsing: "bda")
        }
    }
}
