import CaliberCore
import CaliberSinks
import CaliberTesting
import Foundation
import Testing

@Suite struct SinkDefinitionTests {
    private static let faulty: [SinkDefinition] = [
        SinkDefinition(name: "", kind: .weCom(.init(url: SecretText("https://example.com/")))),
        SinkDefinition(
            name: "slow", kind: .weCom(.init(url: SecretText("https://example.com/"))), timeoutSeconds: .infinity),
        SinkDefinition(
            name: "trust", kind: .weCom(.init(url: SecretText("https://example.com/"))),
            certificateAuthorityFile: "/nowhere/ca.pem"),
        webhook("ftp", "ftp://example.com/secret-path-1"), webhook("file", "file:///etc/passwd"),
        webhook("relative", "/secret-path-2"), webhook("empty", ""),
        webhook("port", "https://example.com:99999/secret-path-3"),
        webhook("user", "https://user:secret-password@example.com/"),
        webhook("hash", "https://example.com/#secret-path-4"),
        webhook("line", "https://example.com/secret-path-5\n"),
        webhook(
            "short", "https://example.com/", secrets: ["whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_§§§"]),
        SinkDefinition(
            name: "token",
            kind: .alertmanager(
                .init(url: SecretText("https://example.com/"), bearerToken: SecretText("secret-token\n")))),
        SinkDefinition(
            name: "mail",
            kind: .mail(
                MailSettings(
                    host: "smtp://mail.example.com", port: 0, security: .plain,
                    login: .init(user: "u\r\n", password: SecretText("secret-password")), from: .init("nobody"),
                    recipients: [
                        .init("a@b@c"), .init("a b@example.com"), .init("张三@example.com"), .init("ok@example.com"),
                    ]))),
        SinkDefinition(
            name: "nobody",
            kind: .mail(MailSettings(host: "mail.example.com", from: .init("a@example.com"), recipients: []))),
    ]

    private static func webhook(_ name: String, _ url: String, secrets: [String] = []) -> SinkDefinition {
        SinkDefinition(
            name: name, kind: .webhook(WebhookSettings(url: SecretText(url), secrets: secrets.map(SecretText.init))))
    }

    @Test func `all that is wrong with a definition is said, with what to do`() throws {
        let texts = SinkDefinitionTests.faulty.map { definition in
            do throws(DiagnosticList) {
                _ = try SinkSender(definition)
                return "nothing is wrong with \(definition.name)"
            } catch {
                return error.description
            }
        }
        let text = texts.joined(separator: "\n") + "\n"
        GoldenFile.expect(text, matches: "sink-problems.txt")
        #expect(!text.contains("secret-") && !text.contains("whsec_AAAA"))
    }

    @Test func `secrets are not shown by anything that shows values`() throws {
        let secret = "whsec_" + Data(repeating: 7, count: 32).base64EncodedString()
        let definition = SinkDefinition(
            name: "ops",
            kind: .webhook(
                WebhookSettings(
                    url: SecretText("https://example.com/hidden-path?key=hidden"), secrets: [SecretText(secret)])))
        var dumped = ""
        dump(definition, to: &dumped)
        for text in [dumped, "\(definition)", String(reflecting: definition), "\(SecretText("hidden"))"] {
            #expect(!text.contains("hidden") && !text.contains(secret), "\(text)")
        }
    }

    @Test func `what a receiver answers is kept without the secrets it repeats`() throws {
        let receiver = try Receivers.receiver
        let key = "693a91f6-7aoc-4bc4"
        let echo = "no robot with key=\(key) at /echo-0123456789abcdef, token bearer-token-1"
        try receiver.behave("echo-0123456789abcdef", #"{"status": 500, "body": "\#(echo)"}"#)
        let url = "http://127.0.0.1:\(receiver.httpPort)/echo-0123456789abcdef?key=\(key)"
        let sender = try Sample.sender(
            .alertmanager(
                AlertmanagerSettings(url: SecretText(url), bearerToken: SecretText("bearer-token-1"))))
        let outcome = sender.send(Sample.message(), at: .now)
        #expect(
            outcome == .failed(reason: "HTTP 500: no robot with (secret) at (secret), token (secret)"))
        let request = try #require(try receiver.take("echo-0123456789abcdef").first)
        #expect(request.headers["authorization"] == "Bearer bearer-token-1")
    }

    @Test func `answers are kept on one line and in short`() throws {
        let body = String(repeating: "line\\n", count: 500)
        let url = try Receivers.receiver.behave("chatty", #"{"status": 500, "body": "\#(body)"}"#)
        let outcome = try Sample.webhook(url).send(Sample.message(), at: .now)
        #expect(!outcome.text.contains("\n") && outcome.text.hasSuffix("…"))
        #expect(outcome.text.count < 320)
    }
}
