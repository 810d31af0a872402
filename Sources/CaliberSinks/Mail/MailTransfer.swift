import CCurl

/// A mail and the server that it goes to.
struct MailTransfer {
    let host: String
    let port: Int
    let security: MailSettings.Security
    let login: MailSettings.Login?
    let from: String
    let recipients: [String]
    /// Headers and body, lines ended by CR LF.
    let content: [UInt8]

    var url: String {
        let bracketed = host.contains(":") ? "[\(host)]" : host
        return "\(security == .tls ? "smtps" : "smtp")://\(bracketed):\(port)"
    }

    var requiresEncryption: Bool { security != .plain }
}

/// What a mail server said.
struct MailAnswer {
    /// One reply, without the lines before its last.
    private struct Reply {
        let code: Int
        let text: String

        init?(_ line: String) {
            guard line.utf8.count >= 3, let code = Int(line.prefix(3)),
                line.utf8.count == 3 || line.dropFirst(3).first == " "
            else { return nil }
            self.code = code
            text = line
        }
    }

    private enum Verdict {
        case accepted(text: String, refusals: [String])
        case declined(code: Int, text: String)
    }

    private static let goAhead = 354
    /// Said after everything, when libcurl takes its leave.
    private static let goodbye = 221
    /// "Authentication required", "too weak", "credentials invalid", "encryption required".
    private static let loginCodes: Set = [530, 534, 535, 538]

    private let verdict: Verdict
    private let recipientCount: Int

    /// Of a session that went well: the replies to the recipients stand before the one that asks for the mail.
    init(lines: [String], recipientCount: Int) {
        let replies = lines.compactMap(Reply.init)
        let goAhead = replies.firstIndex { $0.code == MailAnswer.goAhead } ?? replies.endIndex
        let refusals = replies[..<goAhead].suffix(recipientCount).filter { $0.code >= 400 }.map(\.text)
        let last = replies[goAhead...].dropFirst().first?.text ?? "accepted"
        verdict = .accepted(text: last, refusals: refusals)
        self.recipientCount = recipientCount
    }

    /// Of a session that the server ended with a reply of 400 or more; nil when something else went wrong.
    init?(failedWith code: CURLcode, lines: [String]) {
        let afterReply: [CURLcode] = [
            CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_LOGIN_DENIED, CURLE_UPLOAD_FAILED, CURLE_WEIRD_SERVER_REPLY,
            CURLE_REMOTE_ACCESS_DENIED, CURLE_QUOTE_ERROR,
        ]
        guard afterReply.contains(code),
            let last = lines.compactMap(Reply.init).last(where: { $0.code != MailAnswer.goodbye }), last.code >= 400
        else {
            return nil
        }
        verdict = .declined(code: last.code, text: last.text)
        recipientCount = 0
    }

    /// Replies of 400 to 499 are for now (RFC 5321, section 4.2.1); those of 500 and more for good, except that a
    /// login can be mended without touching the mail.
    var outcome: SendOutcome {
        switch verdict {
        case .accepted(let text, let refusals) where refusals.isEmpty: .delivered(answer: "SMTP \(text)")
        case .accepted(let text, let refusals):
            .delivered(
                answer: "SMTP \(text); \(refusals.count) of \(recipientCount) recipients refused: "
                    + refusals.joined(separator: "; "))
        case .declined(let code, let text) where code < 500 || MailAnswer.loginCodes.contains(code):
            .failed(reason: "SMTP \(text)")
        case .declined(_, let text): .refused(reason: "SMTP \(text)")
        }
    }
}
