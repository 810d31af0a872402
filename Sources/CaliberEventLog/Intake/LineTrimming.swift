import CSimdJSON
import Foundation

/// Takes members out of a line of JSON, in place.
enum LineTrimming {
    /// Takes out what the parser's last read found undeclared. The line gets shorter and stays valid JSON.
    static func dropUndeclared(_ parser: EventParser, from block: LineBlock, line: Int) {
        let start = Int(block.line(line).start)
        let count = Int(block.line(line).end) - start
        let bytes = block.bytes + start
        var length = 0
        var copied = 0
        for member in parser.undeclared {
            var memberStart = 0
            var memberEnd = 0
            var isLast: Int32 = 0
            guard caliber_json_member_range(parser.handle, member.place, &memberStart, &memberEnd, &isLast) != 0
            else { continue }
            length = move(bytes, copied..<memberStart, to: length)
            copied = memberEnd
            // The comma before the last member goes with it, whichever member it stood behind.
            if isLast != 0 { length = withoutTrailingComma(bytes, length) }
        }
        length = move(bytes, copied..<count, to: length)
        block.cut(line, to: start + length)
    }

    private static func move(_ bytes: UnsafeMutablePointer<UInt8>, _ range: Range<Int>, to target: Int) -> Int {
        memmove(bytes + target, bytes + range.lowerBound, range.count)
        return target + range.count
    }

    private static func withoutTrailingComma(_ bytes: UnsafeMutablePointer<UInt8>, _ length: Int) -> Int {
        var end = length
        while end > 0, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        return end > 0 && bytes[end - 1] == UInt8(ascii: ",") ? end - 1 : length
    }
}
