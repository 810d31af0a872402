import CaliberCore
import CaliberSinks
import CaliberTesting
import Foundation
import Testing

/// Mail to real servers, read by Python's email package.
@Suite struct MailTests {
    private static let password = SecretText("pass word & 口令")

    private func sender(
        to recipients: [MailSettings.Mailbox], security: MailSettings.Security = .plain,
        password: SecretText = password, from: MailSettings.Mailbox = .init("caliber@example.com", name: "Caliber"),
        authority: String?? = nil, language: SinkLanguage = .en
    ) throws -> SinkSender {
        let receiver = try Receivers.receiver
        let port =
            switch security {
            case .plain: receiver.plainMailPort
            case .startTLS: receiver.startTLSMailPort
            case .tls: receiver.tlsMailPort
            }
        let settings = MailSettings(
            host: "127.0.0.1", port: port, security: security,
            login: security == .plain ? nil : .init(user: "caliber", password: password), from: from,
            recipients: recipients)
        return try Sample.sender(
            .mail(settings), authority: authority ?? receiver.authorityFile, language: language)
    }

    @Test func `mail of every kind of message reads like this`() throws {
        for (sample, message) in Sample.messages {
            let mailbox = "golden-\(sample)@example.com"
            let sender = try sender(
                to: [.init(mailbox, name: "值班 Ops")], language: sample == "chinese" ? .zh : .en)
            let outcome = sender.send(message, at: .now)
            #expect(outcome.word == "delivered", "\(outcome)")
            let mail = try #require(try Receivers.receiver.takeMail(mailbox).first)
            let headers = mail.headers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
            GoldenFile.expect(
                headers.joined(separator: "\n") + "\n\n" + mail.text + "\n" + mail.html, matches: "mail-\(sample).txt",
                testFile: Sample.file)
            #expect(mail.defects.isEmpty && mail.is_ascii && !mail.has_bare_line_ends)
            #expect(mail.longest_line <= 78, "\(mail.raw)")
        }
    }

    @Test(arguments: MailSettings.Security.allCases)
    func `it goes plain, with STARTTLS and with TLS, with a login where it is encrypted`(
        security: MailSettings.Security
    ) throws {
        let mailbox = "\(security.rawValue)@example.com"
        let outcome = try sender(to: [.init(mailbox)], security: security).send(Sample.message(), at: .now)
        #expect(outcome == .delivered(answer: "SMTP 250 2.0.0 queued as 4711"))
        let mail = try #require(try Receivers.receiver.takeMail(mailbox).first)
        #expect(mail.encrypted == (security != .plain))
        #expect(mail.login == (security != .plain))
        #expect(mail.sender == "caliber@example.com")
    }

    @Test func `a wrong password is a failure that a person can mend, and stays unsaid`() throws {
        let outcome = try sender(
            to: [.init("never@example.com")], security: .startTLS, password: SecretText("wrong password")
        ).send(Sample.message(), at: .now)
        #expect(outcome.word == "failed", "\(outcome)")
        #expect(outcome.text.contains("535"))
        #expect(!outcome.text.contains("wrong password"))
    }

    @Test func `without a believed certificate nothing is sent`() throws {
        for security in [MailSettings.Security.startTLS, .tls] {
            let outcome = try sender(to: [.init("untrusted@example.com")], security: security, authority: .some(nil))
                .send(Sample.message(), at: .now)
            #expect(outcome.word == "failed", "\(outcome)")
        }
        #expect(try Receivers.receiver.takeMail("untrusted@example.com").isEmpty)
    }

    @Test func `a server without STARTTLS gets no mail that wants it`() throws {
        let settings = MailSettings(
            host: "127.0.0.1", port: try Receivers.receiver.plainMailPort, security: .startTLS,
            from: .init("caliber@example.com"), recipients: [.init("stripped@example.com")])
        let outcome = try Sample.sender(.mail(settings)).send(Sample.message(), at: .now)
        #expect(outcome.word == "failed", "\(outcome)")
        #expect(try Receivers.receiver.takeMail("stripped@example.com").isEmpty)
    }

    @Test func `a mailbox that is gone doesn't keep the mail from the others`() throws {
        let outcome = try sender(to: [.init("refused@example.com"), .init("kept@example.com")])
            .send(Sample.message(), at: .now)
        #expect(
            outcome
                == .delivered(
                    answer: "SMTP 250 2.0.0 queued as 4711; 1 of 2 recipients refused: 550 5.1.1 no such user"))
        #expect(try Receivers.receiver.takeMail("kept@example.com").count == 1)
    }

    @Test(arguments: [
        ("refused@example.com", "refused", "550"), ("later@example.com", "failed", "451"),
        ("unwanted@example.com", "refused", "554"),
    ])
    func `the server's reply says whether to try again`(mailbox: String, word: String, code: String) throws {
        let outcome = try sender(to: [.init(mailbox)]).send(Sample.message(), at: .now)
        #expect(outcome.word == word, "\(outcome)")
        #expect(outcome.text.contains(code))
    }

    @Test func `the same message has the same Message-ID at each try, and its group one conversation`() throws {
        let sender = try sender(to: [.init("ids@example.com")])
        for id in ["m1", "m1", "m2"] { _ = sender.send(Sample.message(id: id), at: .now) }
        let mails = try Receivers.receiver.takeMail("ids@example.com")
        #expect(mails.map { $0.headers["Message-ID"] } == ["<m1@example.com>", "<m1@example.com>", "<m2@example.com>"])
        #expect(Set(mails.map { $0.headers["References"] }).count == 1)
        #expect(mails.count == 3 && mails[0].raw == mails[1].raw)
    }

    @Test func `headers are one line each, whatever stands in titles and names`() throws {
        let title = "a\r\nBcc: evil@example.com\r\n\r\nbody =?UTF-8?Q?x?= " + String(repeating: "订单👨‍👩‍👧‍👦", count: 40)
        let sender = try sender(
            to: [.init("headers@example.com", name: "O\"Brien \\ <x@example.com>")],
            from: .init("caliber@example.com", name: String(repeating: "告警", count: 30)))
        #expect(sender.send(Sample.message(alerts: [Sample.alert(title: title)]), at: .now).word == "delivered")
        let mail = try #require(try Receivers.receiver.takeMail("headers@example.com").first)
        #expect(mail.headers["Bcc"] == nil)
        #expect(mail.recipients == ["headers@example.com"])
        let clean = title.split(separator: "\r\n", omittingEmptySubsequences: false).joined(separator: "  ")
        #expect(mail.headers["Subject"] == "[CRITICAL] " + clean)
        #expect(mail.defects.isEmpty && mail.longest_line <= 78)
        #expect(mail.text.contains(clean))
    }

    @Test func `lines that begin with a dot arrive, and HTML shows what was meant`() throws {
        let summary = ". and .. <script>alert(1)</script> & \"more\""
        let sender = try sender(to: [.init("dots@example.com")])
        #expect(sender.send(Sample.message(alerts: [Sample.alert(summary: summary)]), at: .now).word == "delivered")
        let mail = try #require(try Receivers.receiver.takeMail("dots@example.com").first)
        #expect(mail.text.contains(summary))
        #expect(mail.html.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;"))
        #expect(!mail.html.contains("<script"))
    }

    @Test func `a mail that would be too long lists fewer alerts and says so`() throws {
        let long = String(repeating: "很长", count: 1000)
        let alerts = (0..<200).map { Sample.alert(id: "\($0)", summary: long) }
        let sender = try sender(to: [.init("long@example.com")])
        #expect(sender.send(Sample.message(alerts: alerts), at: .now).word == "delivered")
        let mail = try #require(try Receivers.receiver.takeMail("long@example.com").first)
        #expect(mail.text.utf8.count < 201_000)
        let listed = mail.text.split(separator: "[CRITICAL]").count - 1
        #expect(mail.text.contains("\(200 - listed) more alerts are not listed here."))
    }
}
