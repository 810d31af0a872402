import CaliberCore
import Crypto
import Foundation

/// Writes a message as a mail: plain text, and the same as simple HTML.
///
/// Source of the form: RFC 5322 (headers), RFC 2046 (parts), RFC 2045 (base64), RFC 3834 (mail of programs).
struct MailMessage {
    /// Longer mails list fewer alerts and say how many are missing.
    static let textByteLimit = 200_000

    let settings: MailSettings
    let wording: Wording

    /// A mail, its way to the server included.
    func transfer(of text: String) -> MailTransfer {
        MailTransfer(
            host: settings.host, port: settings.port, security: settings.security, login: settings.login,
            from: settings.from.address, recipients: settings.recipients.map(\.address), content: Array(text.utf8))
    }

    /// Headers and body, ready to be sent. The same message makes the same bytes at every try.
    func text(of message: AlertMessage) -> String {
        let text = message.fitted { message, _ in
            ReadableMessage(message, wording: wording, neutral: HeaderText.singleLine)
        } fits: {
            $0.blocks.joined().reduce(0) { $0 + $1.shown.utf8.count + 2 } <= MailMessage.textByteLimit
        }
        let boundary = "caliber-" + digest("boundary \(message.id)").prefix(24)
        var lines = headers(of: message, subject: text.title, boundary: boundary)
        lines += [
            "", "--\(boundary)", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "",
        ]
        lines += base64Lines(plain(text))
        lines += ["--\(boundary)", "Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: base64", ""]
        lines += base64Lines(html(text))
        lines += ["--\(boundary)--", ""]
        return lines.joined(separator: "\r\n")
    }

    private func headers(of message: AlertMessage, subject: String, boundary: String) -> [String] {
        let domain = settings.from.domain
        return [
            "From: \(written(settings.from))",
            "To: \(settings.recipients.map(written).joined(separator: ",\r\n "))",
            "Subject: \(HeaderText.encoded(subject))",
            "Date: \(date(message.createdAt))",
            "Message-ID: <\(message.id)@\(domain)>",
            // Mail programs show what is said of one group as one conversation.
            "References: <group-\(digest(message.groupKey).prefix(24))@\(domain)>",
            "Auto-Submitted: auto-generated",
            "X-Auto-Response-Suppress: All",
            "MIME-Version: 1.0",
            "Content-Type: multipart/alternative;\r\n boundary=\"\(boundary)\"",
        ]
    }

    private func written(_ mailbox: MailSettings.Mailbox) -> String {
        guard let name = mailbox.name, !name.isEmpty else { return mailbox.address }
        let clean = HeaderText.singleLine(name)
        let isPlain = clean.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
        return isPlain && clean.utf8.count <= 60
            ? "\"\(clean)\" <\(mailbox.address)>"
            : "\(HeaderText.words(of: clean).joined(separator: "\r\n "))\r\n <\(mailbox.address)>"
    }

    private func plain(_ text: ReadableMessage) -> String {
        text.blocks.map { $0.map(\.shown).joined(separator: "\r\n") }.joined(separator: "\r\n\r\n") + "\r\n"
    }

    private func html(_ text: ReadableMessage) -> String {
        let blocks = text.blocks.map { block in
            "<p>" + block.map(html).joined(separator: "<br>\r\n") + "</p>"
        }
        return "<!DOCTYPE html>\r\n<html><head><meta charset=\"utf-8\"></head><body>\r\n"
            + blocks.joined(separator: "\r\n") + "\r\n</body></html>\r\n"
    }

    private func html(_ line: ReadableLine) -> String {
        switch line.style {
        case .heading: "<strong>\(escaped(line.text))</strong>"
        case .plain: escaped(line.shown)
        case .link: "<a href=\"\(escaped(line.text))\">\(escaped(line.label ?? line.text))</a>"
        }
    }

    private func escaped(_ text: String) -> String {
        var written = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": written += "&amp;"
            case "<": written += "&lt;"
            case ">": written += "&gt;"
            case "\"": written += "&quot;"
            default: written.unicodeScalars.append(scalar)
            }
        }
        return written
    }

    /// 76 characters a line.
    private func base64Lines(_ text: String) -> [String] {
        let encoded = Array(Data(text.utf8).base64EncodedString().utf8)
        return stride(from: 0, to: encoded.count, by: 76).map {
            String(decoding: encoded[$0..<min($0 + 76, encoded.count)], as: UTF8.self)
        }
    }

    /// `Mon, 23 Nov 2026 18:36:44 +0000`.
    private func date(_ moment: Timestamp) -> String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let dayNumber = moment.microseconds.flooredQuotient(by: Timestamp.microsecondsPerDay)
        // 1970-01-01 was a Thursday. The text is 2026-11-23T18:36:44Z, with a fraction perhaps.
        let day = days[Int(((dayNumber % 7) + 7) % 7)]
        let text = Array(moment.description)
        guard text.count >= 19, let month = Int(String(text[5..<7])), (1...12).contains(month) else { return "" }
        return
            "\(day), \(String(text[8..<10])) \(months[month - 1]) \(String(text[0..<4])) \(String(text[11..<19])) +0000"
    }

    private func digest(_ text: String) -> String {
        SHA256.hash(data: Data(text.utf8)).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
