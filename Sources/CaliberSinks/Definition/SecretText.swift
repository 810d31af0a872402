/// A text that is never shown: in descriptions, dumps and interpolations it is `(secret)`.
///
/// Addresses of robots are such texts too: who has one can write to the group.
public struct SecretText: Sendable, Hashable {
    let value: String

    public init(_ value: String) {
        self.value = value
    }
}

extension SecretText: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "(secret)" }
    public var debugDescription: String { "(secret)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Takes secrets out of texts that others wrote: what a receiver answers can repeat what it was sent.
struct Redaction: Sendable {
    private let secrets: [String]

    /// - Parameter secrets: those shorter than six characters are left alone; they would take words apart.
    init(_ secrets: [String]) {
        self.secrets = Set(secrets.filter { $0.utf8.count >= 6 }).sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
    }

    func callAsFunction(_ text: String) -> String {
        var text = text
        for secret in secrets where text.contains(secret) {
            text = text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "(secret)")
        }
        return text
    }
}
