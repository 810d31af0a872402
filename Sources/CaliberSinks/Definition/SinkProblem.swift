import CaliberCore

/// What is wrong with a definition or a policy, for people. Secrets are not in it.
package enum SinkProblem: Error, Sendable, Equatable {
    case malformedNetwork(text: String)
    case malformedHost(text: String)
    case emptyName
    case timeoutOutOfRange(sink: String, seconds: Double)
    /// `reason` is libcurl's.
    case malformedURL(sink: String, reason: String)
    case unsupportedScheme(sink: String, scheme: String)
    case credentialsInURL(sink: String)
    case fragmentInURL(sink: String)
    /// `ordinal` counts from 1.
    case malformedSecret(sink: String, ordinal: Int)
    case noCertificateFile(sink: String, path: String)
    case malformedMailHost(sink: String, host: String)
    case portOutOfRange(sink: String, port: Int)
    case malformedMailbox(sink: String, address: String)
    case noRecipients(sink: String)
    case passwordInTheClear(sink: String)
    case lineBreak(sink: String, setting: String)
    /// Found while connecting; the address is missing where it is of no known family.
    case addressRefused(host: String, address: NetworkAddress?, kind: AddressKind)

    package var diagnostic: Diagnostic {
        switch self {
        case .malformedNetwork(let text):
            Diagnostic(
                "malformed-network", "\(QuotedText.json(text)) is not an address or a network.",
                remedy: "Write 10.2.0.0/16, 10.2.0.7 or fd12:3456::/32.")
        case .malformedHost(let text):
            Diagnostic(
                "malformed-host", "\(QuotedText.json(text)) is not the name of a host.",
                remedy: "Write the name alone, as in hooks.example.internal; addresses belong among the networks.")
        case .emptyName:
            Diagnostic("sink-without-name", "A sink has no name.", remedy: "Give it one, such as ops-webhook.")
        case .timeoutOutOfRange(let sink, let seconds):
            Diagnostic(
                "timeout-out-of-range", "Sink \(sink): a timeout of \(seconds) s is not within 0.1 and 120 s.",
                remedy: "15 to 30 s are usual.")
        case .malformedURL(let sink, let reason):
            Diagnostic(
                "malformed-url", "Sink \(sink): its url can't be understood (\(reason)).",
                remedy: "Copy it anew, whole, beginning with https://.")
        case .unsupportedScheme(let sink, let scheme):
            Diagnostic(
                "unsupported-scheme", "Sink \(sink): its url begins with \(QuotedText.json(scheme)).",
                remedy: "Only https:// and http:// are spoken.")
        case .credentialsInURL(let sink):
            Diagnostic(
                "credentials-in-url", "Sink \(sink): its url holds a user or a password.",
                remedy: "Take them out; a webhook is known by its signature.")
        case .fragmentInURL(let sink):
            Diagnostic(
                "fragment-in-url", "Sink \(sink): its url ends with a part after #, which is never sent.",
                remedy: "Take it out, or write %23 if the sign belongs to the address.")
        case .malformedSecret(let sink, let ordinal):
            Diagnostic(
                "malformed-secret", "Sink \(sink): secret \(ordinal) is not whsec_ and 24 to 64 bytes in base64.",
                remedy: "Make one with: echo whsec_$(openssl rand -base64 32)")
        case .noCertificateFile(let sink, let path):
            Diagnostic(
                "no-certificate-file", "Sink \(sink): there is no readable file of certificates at \(path).",
                remedy: "Name a PEM file, or leave it out to trust what the system trusts.")
        case .malformedMailHost(let sink, let host):
            Diagnostic(
                "malformed-mail-host", "Sink \(sink): \(QuotedText.json(host)) is not the name of a mail server.",
                remedy: "Write the name or address alone, without smtp:// and port.")
        case .portOutOfRange(let sink, let port):
            Diagnostic(
                "port-out-of-range", "Sink \(sink): \(port) is not a port.",
                remedy: "Usual are 587 for STARTTLS, 465 for TLS and 25.")
        case .malformedMailbox(let sink, let address):
            Diagnostic(
                "malformed-mailbox", "Sink \(sink): \(QuotedText.json(address)) is not a mail address.",
                remedy: "Write it as in ops@example.com, in ASCII letters; a name to show has a place of its own.")
        case .noRecipients(let sink):
            Diagnostic("no-recipients", "Sink \(sink): its mail goes to nobody.", remedy: "Name a recipient.")
        case .passwordInTheClear(let sink):
            Diagnostic(
                "password-in-the-clear", "Sink \(sink): its password would be sent without encryption.",
                remedy: "Set security to starttls or tls, or leave user and password out.")
        case .lineBreak(let sink, let setting):
            Diagnostic(
                "line-break-in-setting",
                "Sink \(sink): its \(setting) holds a line break or another control character.",
                remedy: "Often the file that it was read from ends with one: take it out.")
        case .addressRefused(let host, let address, let kind):
            Diagnostic(
                "address-refused",
                "\(host) is \(address.map { "at \($0), " } ?? "at ")\(kind.rawValue), to which nothing is sent.",
                remedy: "Where it is right, allow the address or its network, or the host by its name.")
        }
    }
}
