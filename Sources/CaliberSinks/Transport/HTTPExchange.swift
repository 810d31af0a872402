import CCurl
import CaliberCore
import Foundation

/// A POST of JSON.
struct HTTPRequest {
    struct Header {
        let name: String
        let value: String

        init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    let url: String
    /// Beside those that every request has.
    let headers: [Header]
    let body: [UInt8]
}

/// What came back, up to a bound.
struct HTTPAnswer {
    /// Longer answers are read no further.
    static let bodyByteLimit = 64 * 1024
    static let headerByteLimit = 64 * 1024
    /// How much of an answer is kept for the record.
    private static let summaryScalarLimit = 300
    /// A receiver that names a longer wait is taken at a day.
    private static let retryAfterLimitSeconds = 86_400.0

    let status: Int
    let retryAfter: String?
    let body: [UInt8]

    /// Status and the beginning of the body on one line, for the record.
    var summary: String {
        let text = String(decoding: body, as: UTF8.self)
            .split(whereSeparator: { $0.isWhitespace || $0.unicodeScalars.contains(where: \.isControl) })
            .joined(separator: " ")
        let short =
            text.unicodeScalars.count > HTTPAnswer.summaryScalarLimit
            ? text.shortened(toScalars: HTTPAnswer.summaryScalarLimit) : text
        return short.isEmpty ? "HTTP \(status)" : "HTTP \(status): \(short)"
    }

    /// How long the receiver wants to be left alone: seconds, or a date as HTTP writes them.
    func retryAfterSeconds(at moment: Timestamp) -> Double? {
        guard let text = retryAfter?.trimmingCharacters(in: .whitespaces), !text.isEmpty else { return nil }
        let seconds: Double
        if text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            seconds = Double(text) ?? HTTPAnswer.retryAfterLimitSeconds
        } else {
            let date = curl_getdate(text, nil)
            guard date != -1 else { return nil }
            seconds = Double(date) - Double(moment.microseconds) / 1_000_000
        }
        return min(max(0, seconds), HTTPAnswer.retryAfterLimitSeconds)
    }

    /// What the status alone says; nil for 2xx, of which the body may say more.
    ///
    /// Source: Standard Webhooks 1.0.0, "Webhook delivery": 2xx alone is success, redirects are failures, 410 ends it,
    /// 429 and what comes with Retry-After asks for time; all else may be mended at the receiver and is tried again.
    func outcomeByStatus(at moment: Timestamp) -> SendOutcome? {
        switch status {
        case 200..<300: nil
        case 300..<400: .failed(reason: "\(summary) (redirects are not followed)")
        case 410: .gone(reason: summary)
        case 413: .refused(reason: summary)
        case 429: .throttled(reason: summary, retryAfterSeconds: retryAfterSeconds(at: moment))
        case 502, 503, 504:
            retryAfterSeconds(at: moment).map { .throttled(reason: summary, retryAfterSeconds: $0) }
                ?? .failed(reason: summary)
        default: .failed(reason: summary)
        }
    }
}

/// Why there is no answer.
enum TransferFailure: Error {
    /// The guard let none of the host's addresses through.
    case addressRefused(host: String, address: NetworkAddress?, kind: AddressKind)
    case failed(reason: String)
}
