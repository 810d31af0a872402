import CaliberCore
import Glibc

extension SinkDefinition {
    /// Everything that keeps it from being used.
    package var problems: [SinkProblem] {
        var found: [SinkProblem] = []
        if name.isEmpty { found.append(.emptyName) }
        if !SinkDefinition.timeoutSecondsRange.contains(timeoutSeconds) {
            found.append(.timeoutOutOfRange(sink: name, seconds: timeoutSeconds))
        }
        if let path = certificateAuthorityFile, access(path, R_OK) != 0 {
            found.append(.noCertificateFile(sink: name, path: path))
        }
        return found + kindProblems
    }

    private var kindProblems: [SinkProblem] {
        switch kind {
        case .webhook(let settings):
            problems(ofURL: settings.url)
                + settings.secrets.enumerated().compactMap { index, secret in
                    WebhookKey(secret) == nil ? .malformedSecret(sink: name, ordinal: index + 1) : nil
                }
        case .alertmanager(let settings):
            problems(ofURL: settings.url)
                + lineBreaks([("bearer token", settings.bearerToken?.value), ("externalURL", settings.externalURL)])
        case .weCom(let settings): problems(ofURL: settings.url)
        case .dingTalk(let settings):
            problems(ofURL: settings.url)
                + lineBreaks([("secret", settings.secret?.value), ("keyword", settings.keyword)])
        case .feishu(let settings):
            problems(ofURL: settings.url)
                + lineBreaks([("secret", settings.secret?.value), ("keyword", settings.keyword)])
        case .slack(let settings): problems(ofURL: settings.url)
        case .mail(let settings): problems(of: settings)
        }
    }

    private func problems(ofURL url: SecretText) -> [SinkProblem] {
        if url.value.unicodeScalars.contains(where: \.isControl) { return [.lineBreak(sink: name, setting: "url")] }
        do throws(WebAddress.Problem) {
            let address = try WebAddress(url.value)
            var found: [SinkProblem] = []
            if address.scheme != "https", address.scheme != "http" {
                found.append(.unsupportedScheme(sink: name, scheme: address.scheme))
            }
            if address.hasCredentials { found.append(.credentialsInURL(sink: name)) }
            if address.fragment != nil { found.append(.fragmentInURL(sink: name)) }
            return found
        } catch {
            guard case .malformed(let reason) = error else { return [] }
            return [.malformedURL(sink: name, reason: reason)]
        }
    }

    private func problems(of mail: MailSettings) -> [SinkProblem] {
        var found: [SinkProblem] = []
        let hostBytes = Array(mail.host.utf8)
        let isHost =
            !hostBytes.isEmpty && hostBytes.count <= 255
            && hostBytes.allSatisfy { $0.isASCIILetterOrDigit || ".-_".utf8.contains($0) }
        if !isHost && NetworkAddress(mail.host) == nil {
            found.append(.malformedMailHost(sink: name, host: mail.host))
        }
        if !(1...65_535).contains(mail.port) { found.append(.portOutOfRange(sink: name, port: mail.port)) }
        for mailbox in [mail.from] + mail.recipients where !mailbox.isWellFormed {
            found.append(.malformedMailbox(sink: name, address: mailbox.address))
        }
        if mail.recipients.isEmpty { found.append(.noRecipients(sink: name)) }
        if mail.login != nil, mail.security == .plain { found.append(.passwordInTheClear(sink: name)) }
        return found + lineBreaks([("user", mail.login?.user), ("password", mail.login?.password.value)])
    }

    private func lineBreaks(_ settings: [(name: String, value: String?)]) -> [SinkProblem] {
        settings.compactMap { setting, value in
            value?.unicodeScalars.contains(where: \.isControl) ?? false
                ? .lineBreak(sink: name, setting: setting) : nil
        }
    }
}

extension MailSettings.Mailbox {
    /// An address that needs no quoting and no extension of SMTP.
    var isWellFormed: Bool {
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, address.utf8.count <= 254 else { return false }
        let local = parts[0].utf8.allSatisfy { $0.isASCIILetterOrDigit || ".!#$%&'*+/=?^_`{|}~-".utf8.contains($0) }
        let domain = parts[1].utf8.allSatisfy { $0.isASCIILetterOrDigit || ".-_".utf8.contains($0) }
        let hasControl = name?.unicodeScalars.contains(where: \.isControl) ?? false
        return local && domain && !hasControl
    }

    var domain: String { String(address.drop { $0 != "@" }.dropFirst()) }
}

extension UInt8 {
    var isASCIILetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}

extension Unicode.Scalar {
    /// A control character, line breaks among them.
    var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) || value == 0x2028 || value == 0x2029 }
}
