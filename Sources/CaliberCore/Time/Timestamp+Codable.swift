/// A moment in files: RFC 3339 in UTC.
extension Timestamp: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        do throws(TimestampText.Failure) {
            self = try TimestampText.parse(text, zone: nil)
        } catch {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "\(QuotedText.json(text)) is not a moment such as \"2026-03-01T16:00:00Z\"")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
