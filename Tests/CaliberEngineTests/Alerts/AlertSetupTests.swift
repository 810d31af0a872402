import CaliberAlerts
import CaliberCore
import CaliberEngine
import CaliberSinks
import CaliberTesting
import Foundation
import Testing

@Suite struct AlertSetupTests {
    private static let shanghai = BusinessZone(identifier: "Asia/Shanghai") ?? .utc
    private static let secret = "whsec_" + Data(repeating: 7, count: 32).base64EncodedString()

    private func setup(_ text: String, environment: [String: String] = [:]) throws -> AlertSetup {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path("secrets"), withIntermediateDirectories: true)
        try (AlertSetupTests.secret + "\n").write(toFile: folder.path("secrets/ops"), atomically: true, encoding: .utf8)
        let path = folder.path("alerts.yaml")
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return try AlertSetup.read(path: path, environment: environment, zone: AlertSetupTests.shanghai)
    }

    @Test func `an alerts file says who is told, by what, when, and with what secrets`() throws {
        let setup = try setup(
            """
            endpoints:
              - name: ops
                webhook:
                  url: https://hooks.example.com/caliber
                  secrets: [{file: secrets/ops}, {env: OLD_SECRET}]
                timeout: 5s
                zone: UTC
              - {name: duty, wecom: {url: {env: WECOM}}, language: zh}
              - name: night
                mail:
                  host: mail.example.com
                  user: caliber
                  password: {env: MAIL}
                  from: {address: caliber@example.com, name: Caliber}
                  to: [a@example.com, {address: b@example.com, name: B}]
                budget: [{messages: 3, within: 1h}]
            route:
              endpoints: ops
              group_by: [channel]
              wait: 10s
              routes:
                - when: severity = critical
                  endpoints: [duty, night]
                  repeat: 1h
                  continue: true
                - {when: [watch = not_shipped, 'channel in (douyin, jd)'], endpoints: []}
            inhibitions:
              - {while: watch = pause_channel, mute: watch = unhealthy_order, equal: channel}
            notices: night
            allow: {networks: [10.2.0.0/16], hosts: [hooks.internal]}
            keep: 30d
            """,
            environment: [
                "OLD_SECRET": AlertSetupTests.secret, "WECOM": "https://qyapi.example.com/?key=1", "MAIL": "p",
            ])
        #expect(setup.sinks.map(\.name) == ["ops", "duty", "night"])
        let secret = SecretText(AlertSetupTests.secret)
        #expect(
            setup.sinks[0].kind
                == .webhook(
                    WebhookSettings(url: SecretText("https://hooks.example.com/caliber"), secrets: [secret, secret])))
        #expect(setup.sinks[0].timeoutSeconds == 5 && setup.sinks[0].zone == .utc)
        #expect(setup.sinks[1].zone == AlertSetupTests.shanghai && setup.sinks[1].language == .zh)
        guard case .mail(let mail) = setup.sinks[2].kind else { throw CaseProblem("night", "is no mail") }
        #expect(mail.port == 587 && mail.recipients.map(\.address) == ["a@example.com", "b@example.com"])
        let routing = setup.routing
        #expect(
            routing.endpoints.map(\.budget)
                == [.unlimited, .twentyAMinute, SendingBudget([.init(partCount: 3, seconds: 3_600)])])
        #expect(routing.root.endpoints == ["ops"] && routing.root.waitMicroseconds == 10_000_000)
        #expect(routing.root.routes.map { $0.endpoints ?? ["inherited"] } == [["duty", "night"], []])
        #expect(routing.root.routes.map(\.continues) == [true, false])
        #expect(
            routing.root.routes[1].matchers.map(\.description) == ["watch = not_shipped", "channel in (douyin, jd)"])
        #expect(routing.inhibitions.map(\.equal) == [["channel"]] && routing.noticeEndpoints == ["night"])
        #expect(setup.keptMicroseconds == 30 * Timestamp.microsecondsPerDay)
    }

    @Test func `an empty file tells nobody`() throws {
        let setup = try setup("# nothing yet\n")
        #expect(setup.sinks.isEmpty && setup.routing.endpoints.isEmpty)
    }

    @Test(arguments: [
        ("endpoints: [{name: a, webhok: {url: https://a.example}}]", "unknown-key", 1),
        ("endpoints: [{name: a}]", "alerts-endpoint-kind", 1),
        (
            "endpoints:\n  - name: a\n    slack: {url: https://a.example}\n    wecom: {url: https://a.example}",
            "alerts-endpoint-kind", 2
        ),
        ("endpoints:\n  - {name: a, slack: {url: {env: NOWHERE}}}", "alerts-secret-variable", 2),
        ("endpoints:\n  - {name: a, slack: {url: {file: nowhere}}}", "alerts-secret-file", 2),
        ("endpoints:\n  - {name: a, slack: {url: {file: x, env: Y}}}", "alerts-secret-source", 2),
        ("endpoints:\n  - {name: a, slack: {url: 'ftp://a.example'}}", "unsupported-scheme", 2),
        ("endpoints:\n  - {name: a, slack: {url: 'https://a.example'}, zone: Mars}", "alerts-zone", 2),
        ("endpoints:\n  - {name: a, webhook: {url: 'https://a.example', secrets: whsec_no}}", "malformed-secret", 2),
        ("endpoints:\n  - name: a\n    mail: {host: m, user: u, from: a@b.c, to: a@b.c}", "alerts-login", 3),
        ("route:\n  routes:\n    - {when: severity, endpoints: []}", "malformed-matcher", 3),
        ("\nroute: {endpoints: [nobody]}", "unknown-endpoint", 2),
        ("route: {when: severity = critical}", "choosy-root", 1),
        ("inhibitions: [{while: [], mute: severity = info}]", "boundless-inhibition", 1),
        ("allow: {networks: [10.2]}", "malformed-network", 1),
        ("keep: soon", "bad-duration", 1),
        ("- endpoints", "wrong-kind", 1),
    ]) func `what is wrong is said with its line`(text: String, code: String, line: Int) throws {
        do {
            _ = try setup(text)
            Issue.record("\(text) is taken")
        } catch let list as DiagnosticList {
            #expect(list.diagnostics.map(\.code) == [code], "\(list)")
            #expect(list.diagnostics.first?.location?.line == line, "\(list)")
        }
    }

    @Test func `secrets stand in no description`() throws {
        let setup = try setup("endpoints: [{name: a, slack: {url: 'https://hooks.example/services/T0/B0/verysecret'}}]")
        #expect(!"\(setup)".contains("verysecret"))
        var dumped = ""
        dump(setup, to: &dumped)
        #expect(!dumped.contains("verysecret"))
    }
}
