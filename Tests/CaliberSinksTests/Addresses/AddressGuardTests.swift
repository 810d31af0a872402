import CPlayedNames
import CaliberCore
import CaliberSinks
import CaliberTesting
import Testing

/// Makes look-ups of a name ending in `.played.test` give these addresses: `,` between those of one look-up, `;`
/// between look-ups.
func playName(_ name: String, _ answers: String) throws {
    caliber_play_name(name, answers)
}

/// The guard on the real way: libcurl resolves, the guard sees the address that a socket is about to be made for.
@Suite struct AddressGuardTests {
    private func send(to host: String, name: String, policy: AddressPolicy = .receivers) throws -> SendOutcome {
        let receiver = try Receivers.receiver
        try receiver.behave(name, #"{"status": 200, "headers": {"Connection": "close"}}"#)
        let settings = WebhookSettings(
            url: SecretText("http://\(host):\(receiver.httpPort)/\(name)"), secrets: [Sample.webhookSecret])
        return try Sample.sender(.webhook(settings), policy: policy).send(Sample.message(), at: .now)
    }

    @Test(arguments: [
        "127.0.0.1", "127.1", "0x7f000001", "2130706433", "localhost", "0", "[::1]", "[::ffff:127.0.0.1]",
    ])
    func `this machine is refused however it is written`(host: String) throws {
        let outcome = try send(to: host, name: "own-machine", policy: .publicOnly)
        #expect(outcome.word == "refused", "\(outcome)")
        #expect(try Receivers.receiver.take("own-machine").isEmpty)
    }

    @Test func `the refusal says what is where, and what to do`() throws {
        try playName("hooks.played.test", "10.0.0.5")
        let outcome = try send(to: "hooks.played.test", name: "refusal", policy: .publicOnly)
        #expect(
            outcome
                == .refused(
                    reason: "error[address-refused]: hooks.played.test is at 10.0.0.5, a private address, to which "
                        + "nothing is sent. Where it is right, allow the address or its network, or the host by its "
                        + "name."))
    }

    @Test func `a name that moves to a forbidden address after its first look-up is caught`() throws {
        let receiver = try Receivers.receiver
        try playName("rebinds.played.test", "127.0.0.1;127.0.0.2")
        try receiver.behave("rebinds", #"{"status": 200, "headers": {"Connection": "close"}}"#)
        let settings = WebhookSettings(
            url: SecretText("http://rebinds.played.test:\(receiver.httpPort)/rebinds"), secrets: [])
        let sender = try Sample.sender(.webhook(settings))
        #expect(sender.send(Sample.message(), at: .now).word == "delivered")
        let second = sender.send(Sample.message(), at: .now)
        #expect(second.word == "refused", "\(second)")
        #expect(caliber_played_lookup_count("rebinds.played.test") == 2)
        #expect(try receiver.take("rebinds").map(\.host) == ["127.0.0.1"], "127.0.0.2 listens, and was not asked")
    }

    @Test func `without the guard it would have arrived`() throws {
        try playName("open.played.test", "127.0.0.2")
        let outcome = try send(
            to: "open.played.test", name: "open", policy: try AddressPolicy(allowedNetworks: ["127.0.0.0/8"]))
        #expect(outcome.word == "delivered")
        #expect(try Receivers.receiver.take("open").map(\.host) == ["127.0.0.2"])
    }

    @Test func `of several addresses only those that are allowed are connected to`() throws {
        for answers in ["127.0.0.2,127.0.0.1", "10.0.0.5,127.0.0.2,127.0.0.1", "127.0.0.1,127.0.0.2"] {
            try playName("several.played.test", answers)
            #expect(try send(to: "several.played.test", name: "several").word == "delivered")
            #expect(try Receivers.receiver.take("several").map(\.host) == ["127.0.0.1"])
        }
    }

    @Test func `a host that is down behind an allowed address is tried again, whatever its other addresses`() throws {
        try playName("down.played.test", "10.0.0.5,127.0.0.1")
        let settings = WebhookSettings(url: SecretText("http://down.played.test:1/x"), secrets: [])
        let outcome = try Sample.sender(.webhook(settings)).send(Sample.message(), at: .now)
        #expect(outcome.word == "failed", "\(outcome)")
    }

    @Test func `a host that is allowed by name may be anywhere but where credentials are kept`() throws {
        let policy = try AddressPolicy(allowedNetworks: [], allowedHosts: ["named.played.test"])
        try playName("named.played.test", "127.0.0.1")
        #expect(try send(to: "Named.played.test", name: "named", policy: policy).word == "delivered")
        try playName("named.played.test", "169.254.169.254")
        #expect(try send(to: "named.played.test", name: "named", policy: policy).word == "refused")
        try playName("other.played.test", "127.0.0.1")
        #expect(try send(to: "other.played.test", name: "named", policy: policy).word == "refused")
    }

    @Test func `a redirect leads nowhere, least of all to a forbidden address`() throws {
        let receiver = try Receivers.receiver
        try receiver.behave("redirect-target", #"{"status": 200}"#)
        for (status, host) in [
            (301, "127.0.0.2"), (302, "127.0.0.1"), (303, "[::1]"), (307, "127.0.0.1"), (308, "10.0.0.5"),
        ] {
            let target = "http://\(host):\(receiver.httpPort)/redirect-target"
            let url = try receiver.behave(
                "redirect", #"{"status": \#(status), "headers": {"Location": "\#(target)"}}"#)
            let outcome = try Sample.webhook(url).send(Sample.message(), at: .now)
            #expect(outcome == .failed(reason: "HTTP \(status) (redirects are not followed)"))
        }
        #expect(try receiver.take("redirect").count == 5)
        #expect(try receiver.take("redirect-target").isEmpty)
    }

    @Test func `mail servers stand behind the same guard`() throws {
        let receiver = try Receivers.receiver
        let settings = MailSettings(
            host: "127.0.0.1", port: receiver.plainMailPort, security: .plain, from: .init("caliber@example.com"),
            recipients: [.init("guarded@example.com")])
        let outcome = try Sample.sender(.mail(settings), policy: .publicOnly).send(Sample.message(), at: .now)
        #expect(outcome.word == "refused", "\(outcome)")
        #expect(try receiver.takeMail("guarded@example.com").isEmpty)
    }
}
