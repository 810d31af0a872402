import CaliberDictionary

/// What is taken in: a file, standard input or bytes at hand; events as they are, or rows of a foreign export.
///
/// gzip and zstd are recognised by their first bytes.
public struct EventInput: Sendable {
    /// As reports and quarantine name it: the path, or `<stdin>`.
    public let origin: String
    public let format: Format
    let content: Content
    let sections: InputSections

    private init(origin: String, format: Format, content: Content, sections: [InputSection] = []) {
        self.origin = origin
        self.format = format
        self.content = content
        self.sections = InputSections(sections: sections)
    }

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

    /// Lines of several senders, each with an account of its own; never taken for packed data, whatever they begin with.
    ///
    /// - Parameter sections: at least one, by `linesBefore`, of which the first is 0.
    public static func lines(_ bytes: [UInt8], origin: String, sections: [InputSection]) -> EventInput {
        precondition(sections.first?.linesBefore == 0, "sections begin with the input's first line")
        return EventInput(origin: origin, format: .events, content: .bytes(bytes), sections: sections)
    }
}
