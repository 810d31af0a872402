import Foundation

/// The events of one request, one a line and every line ended: what intake takes.
///
/// Cutting looks at quotation marks and brackets alone. Whether an event is well-formed is for intake to say, which keeps
/// what isn't: only a body that can't even be cut into events is refused as a whole.
struct EventLines: Sendable {
    let bytes: [UInt8]
    /// Line feeds in it.
    let lineCount: Int64

    enum Format: Sendable {
        /// application/cloudevents+json: one event.
        case single
        /// application/cloudevents-batch+json: an array of events.
        case batch
        /// application/x-ndjson: an event a line.
        case stream

        /// - Parameter contentType: the header's value; parameters don't matter, but the character set must be UTF-8.
        init?(contentType: String?) {
            let parts = (contentType ?? "").split(separator: ";").map {
                $0.trimmingCharacters(in: .whitespaces).lowercased()
            }
            for parameter in parts.dropFirst() where parameter.hasPrefix("charset=") {
                guard ["charset=utf-8", "charset=\"utf-8\""].contains(parameter) else { return nil }
            }
            switch parts.first {
            case "application/cloudevents+json": self = .single
            case "application/cloudevents-batch+json": self = .batch
            case "application/x-ndjson", "application/ndjson", "application/jsonl": self = .stream
            default: return nil
            }
        }
    }

    /// Why a body can't be cut into events.
    enum Failure: Error {
        case notAnArray
        /// A quotation or a bracket is never closed, or never opened.
        case unbalanced(offset: Int)
        case trailingText(offset: Int)
        case missingComma(offset: Int)
    }

    init(_ body: [UInt8], as format: Format) throws(Failure) {
        var body = body
        if body.starts(with: [0xEF, 0xBB, 0xBF]) { body.removeFirst(3) }
        switch format {
        case .stream:
            if let last = body.last, last != .lineFeed { body.append(.lineFeed) }
            bytes = body
        case .single:
            var cutting = EventCutting(body)
            cutting.takeRest()
            bytes = cutting.lines
        case .batch:
            var cutting = EventCutting(body)
            try cutting.takeArray()
            bytes = cutting.lines
        }
        lineCount = EventLines.count(.lineFeed, in: bytes)
    }

    private static func count(_ byte: UInt8, in bytes: [UInt8]) -> Int64 {
        bytes.withUnsafeBufferPointer { bytes in
            var count: Int64 = 0
            for other in bytes where other == byte { count &+= 1 }
            return count
        }
    }
}

/// Writes JSON values as lines: line breaks between a value's parts become blanks. A raw line break inside a text, which is
/// no JSON, becomes a raw tab, which is none either: what was wrong stays wrong.
private struct EventCutting {
    private let body: [UInt8]
    private var index = 0
    private(set) var lines: [UInt8] = []

    init(_ body: [UInt8]) {
        self.body = body
        lines.reserveCapacity(body.count + 1)
    }

    /// All of the body as one line.
    mutating func takeRest() {
        var isQuoted = false
        var isEscaped = false
        for byte in body {
            lines.append(EventCutting.onOneLine(byte, isQuoted: isQuoted))
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = isQuoted
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            }
        }
        lines.append(.lineFeed)
    }

    mutating func takeArray() throws(EventLines.Failure) {
        skipBlanks()
        guard next == UInt8(ascii: "[") else { throw .notAnArray }
        index += 1
        skipBlanks()
        if next == UInt8(ascii: "]") {
            index += 1
        } else {
            while true {
                try takeElement()
                skipBlanks()
                let separator = next
                index += 1
                if separator == UInt8(ascii: "]") { break }
                guard let separator else { throw .unbalanced(offset: body.count) }
                guard separator == UInt8(ascii: ",") else { throw .missingComma(offset: index - 1) }
                skipBlanks()
            }
        }
        skipBlanks()
        guard next == nil else { throw .trailingText(offset: index) }
    }

    /// One value, up to the comma or bracket that ends it.
    private mutating func takeElement() throws(EventLines.Failure) {
        let start = index
        var depth = 0
        var isQuoted = false
        while let byte = next {
            if isQuoted {
                if byte == UInt8(ascii: "\\"), index + 1 < body.count {
                    lines.append(byte)
                    index += 1
                } else if byte == UInt8(ascii: "\"") {
                    isQuoted = false
                }
            } else {
                switch byte {
                case UInt8(ascii: "\""): isQuoted = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    if depth == 0 {
                        guard byte == UInt8(ascii: "]"), index > start else { throw .unbalanced(offset: index) }
                        lines.append(.lineFeed)
                        return
                    }
                    depth -= 1
                case UInt8(ascii: ","):
                    if depth == 0 {
                        guard index > start else { throw .missingComma(offset: index) }
                        lines.append(.lineFeed)
                        return
                    }
                default: break
                }
            }
            lines.append(EventCutting.onOneLine(body[index], isQuoted: isQuoted))
            index += 1
        }
        throw .unbalanced(offset: start)
    }

    private static func onOneLine(_ byte: UInt8, isQuoted: Bool) -> UInt8 {
        guard byte == .lineFeed || byte == 0x0D else { return byte }
        return isQuoted ? 0x09 : 0x20
    }

    private var next: UInt8? { index < body.count ? body[index] : nil }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == .lineFeed || byte == 0x0D { index += 1 }
    }
}

extension UInt8 {
    fileprivate static let lineFeed: UInt8 = 0x0A
}
