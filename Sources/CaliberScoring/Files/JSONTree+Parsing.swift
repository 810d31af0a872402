import Foundation

extension JSONTree {
    /// Why a text is no JSON.
    struct Malformed: Error, Hashable {
        let reason: String
        let byteOffset: Int
    }

    /// Reads one JSON document (RFC 8259); a key that stands twice in one object is refused.
    init(parsing data: Data) throws(Malformed) {
        var parser = Parser(bytes: [UInt8](data))
        self = try parser.value(depth: 0)
        parser.skipSpaces()
        if parser.index < parser.bytes.count { throw parser.failure("something stands behind the end") }
    }

    private struct Parser {
        let bytes: [UInt8]
        var index = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        func failure(_ reason: String) -> Malformed { Malformed(reason: reason, byteOffset: index) }

        var next: UInt8? { index < bytes.count ? bytes[index] : nil }

        mutating func skipSpaces() {
            while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
        }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            skipSpaces()
            guard next == UInt8(ascii: character) else { return false }
            index += 1
            return true
        }

        mutating func value(depth: Int) throws(Malformed) -> JSONTree {
            guard depth < JSONTree.depthLimit else { throw failure("it is nested too deeply") }
            skipSpaces()
            switch next {
            case UInt8(ascii: "{"): return try object(depth: depth)
            case UInt8(ascii: "["): return try array(depth: depth)
            case UInt8(ascii: "\""): return .string(try string())
            case nil: throw failure("it ends too early")
            default: return try literal()
            }
        }

        mutating func object(depth: Int) throws(Malformed) -> JSONTree {
            index += 1
            var members: [Member] = []
            if take("}") { return .object([]) }
            repeat {
                skipSpaces()
                guard next == UInt8(ascii: "\"") else { throw failure("a key in quotation marks is missing") }
                let key = try string()
                guard take(":") else { throw failure("a colon is missing") }
                members.append(Member(key: key, value: try value(depth: depth + 1)))
            } while take(",")
            guard take("}") else { throw failure("a closing brace is missing") }
            members.sort { $0.key < $1.key }
            for (left, right) in zip(members, members.dropFirst()) where left.key == right.key {
                throw failure("the key \"\(left.key)\" stands twice in one object")
            }
            return .object(members)
        }

        mutating func array(depth: Int) throws(Malformed) -> JSONTree {
            index += 1
            if take("]") { return .array([]) }
            var items: [JSONTree] = []
            repeat { items.append(try value(depth: depth + 1)) } while take(",")
            guard take("]") else { throw failure("a closing bracket is missing") }
            return .array(items)
        }

        /// The text between quotation marks; Foundation reads the escapes.
        mutating func string() throws(Malformed) -> String {
            let start = index
            index += 1
            while let byte = next, byte != UInt8(ascii: "\"") {
                index += byte == UInt8(ascii: "\\") ? 2 : 1
            }
            guard next != nil else { throw failure("a closing quotation mark is missing") }
            index += 1
            guard let text = try? JSONDecoder().decode(String.self, from: Data(bytes[start..<index])) else {
                index = start
                throw failure("a text is not valid")
            }
            return text
        }

        mutating func literal() throws(Malformed) -> JSONTree {
            let start = index
            while let byte = next, JSONTree.isLiteral(byte) { index += 1 }
            let text = String(decoding: bytes[start..<index], as: UTF8.self)
            let isKnown = ["true", "false", "null"].contains(text)
            let isNumber = text.first.map { $0.isNumber || $0 == "-" } ?? false
            guard isKnown || isNumber && Double(text) != nil else {
                index = start
                throw failure("a value is missing or is not valid")
            }
            return .literal(text)
        }
    }

    private static func isLiteral(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
