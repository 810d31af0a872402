import Foundation

/// A message in Protocol Buffers' wire format, written field by field.
struct ProtobufMessage {
    private(set) var bytes = Data()

    private enum WireType: UInt64 { case varint = 0, lengthDelimited = 2 }

    mutating func add(_ field: UInt64, _ value: Int64) {
        varint(field << 3 | WireType.varint.rawValue)
        varint(UInt64(bitPattern: value))
    }

    mutating func add(_ field: UInt64, _ text: String) { add(field, Data(text.utf8)) }

    mutating func add(_ field: UInt64, _ message: ProtobufMessage) { add(field, message.bytes) }

    mutating func add(_ field: UInt64, _ content: Data) {
        varint(field << 3 | WireType.lengthDelimited.rawValue)
        varint(UInt64(content.count))
        bytes.append(content)
    }

    static func make(_ fill: (inout ProtobufMessage) -> Void) -> ProtobufMessage {
        var message = ProtobufMessage()
        fill(&message)
        return message
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
