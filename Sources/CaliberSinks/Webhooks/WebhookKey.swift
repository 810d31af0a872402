import CaliberCore
import Crypto
import Foundation

/// A key that signs webhooks.
///
/// Source: Standard Webhooks 1.0.0, "Signature scheme": HMAC-SHA256 over `id.timestamp.body`, secrets written as
/// `whsec_` and base64.
struct WebhookKey: Sendable {
    private static let prefix = "whsec_"
    private static let byteCounts = 24...64

    private let key: SymmetricKey

    /// - Returns: nil unless the secret is `whsec_` and 24 to 64 bytes in base64.
    init?(_ secret: SecretText) {
        guard secret.value.hasPrefix(WebhookKey.prefix),
            let bytes = Data(base64Encoded: String(secret.value.dropFirst(WebhookKey.prefix.count))),
            WebhookKey.byteCounts.contains(bytes.count)
        else { return nil }
        key = SymmetricKey(data: bytes)
    }

    /// `v1,` and the code in base64.
    func signature(id: String, timestampSeconds: Int64, body: [UInt8]) -> String {
        var code = HMAC<SHA256>(key: key)
        code.update(data: Data("\(id).\(timestampSeconds).".utf8))
        code.update(data: Data(body))
        return "v1," + Data(code.finalize()).base64EncodedString()
    }
}

/// The HMAC-SHA256 of a text in base64, as chat robots are signed.
func robotSignature(key: String, message: String) -> String {
    let code = HMAC<SHA256>.authenticationCode(
        for: Data(message.utf8), using: SymmetricKey(data: Data(key.utf8)))
    return Data(code).base64EncodedString()
}

extension Timestamp {
    /// Whole seconds since 1970, rounded down.
    var unixSeconds: Int64 { microseconds.flooredQuotient(by: Timestamp.microsecondsPerSecond) }
    var unixMilliseconds: Int64 { microseconds.flooredQuotient(by: 1000) }
}
