import CaliberDictionary

/// What is taken in: a file, standard input or bytes at hand; events as they are, or rows of a foreign export.
///
/// gzip and zstd are recognised by their first bytes.
public struct EventInput: Sendable {
    /// As reports and quarantine name it: the path, or `<stdin>`.
    public let origin: String
    public let format: Format
    let content: Content

    public enum Format: Sendable {
        /// CloudEvents 1.0 JSON, one event a line.
        case events
        /// A table with a header line, mapped to events.
        case rows(SourceDefinition)
    }

    enum Content: Sendable {
        case file(path: String)
        case standardInput
        case bytes([UInt8])
    }

    public static func file(_ path: String, format: Format = .events) -> EventInput {
        EventInput(origin: path, format: format, content: .file(path: path))
    }

    public static func standardInput(format: Format = .events) -> EventInput {
        EventInput(origin: "<stdin>", format: format, content: .standardInput)
    }

    public static func bytes(_ bytes: [UInt8], origin: String, format: Format = .events) -> EventInput {
        EventInput(origin: origin, format: format, content: .bytes(bytes))
    }
}
