import CaliberDictionary
import CaliberEventLog
import FuzzIntake
import FuzzPromise

nonisolated(unsafe) private let log = ThrowawayLog(
    // Safe: libFuzzer calls the target from one thread.
    definitions: """
        contracts:
          - name: row
            owner: team:fuzz
            fields:
              note: {type: text}
              count: {type: integer}
              weight: {type: number}
              gift: {type: boolean}
              tags: {type: set}
              amount: {type: money}
              place.city: {type: category}
        sources:
          - name: comma
            events:
              - {contract: row, id: "{id}", time: "{at}", time_zone: America/Sao_Paulo, data: &data {
                  note: "{a}-{b}", count: a, weight: a, gift: {from: "{b}", map: {y: "true"}}, tags: b, amount: a,
                  place.city: b}}
          - name: semicolon
            format: {delimiter: ';', nulls: [NULL, '-'], trim: true}
            events:
              - {contract: row, id: "{id}", time: "{at}", time_zone: Asia/Shanghai, data: *data}

        """)

/// The first byte chooses the source and whether the header is the input's own or given. Whatever the rest, each row
/// gives one event or one refusal, and what a row is written as is always JSON.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCSV(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: bytes, count: count)
    guard let choice = input.first else { return 0 }
    let source = log.dictionary.sources[Int(choice & 1)]
    let delimiter = source.format.delimiter.asciiValue ?? 0
    let hasGivenHeader = choice & 2 == 0
    let header = Array("id,at,a,b\n".utf8).map { $0 == UInt8(ascii: ",") ? delimiter : $0 }
    let text = (hasGivenHeader ? header : []) + input.dropFirst()
    guard let report = log.rehearse(text, format: .rows(source)) else {
        promise(!hasGivenHeader, "refused as a whole")
        return 0
    }
    guard !ThrowawayLog.looksCompressed(text) else { return 0 }
    var rows = PlainRows(text, delimiter: delimiter)
    let expected = rows.count() - 1
    promise(report.account.received == expected, "\(report.account) for \(expected) rows")
    promise(!report.violations.keys.contains { $0.code == "malformed-json" }, "a row was written as no JSON")
    return 0
}

/// Counts the rows of a delimited text from the rules alone, without buffers or limits.
private struct PlainRows {
    let text: [UInt8]
    let delimiter: UInt8
    var place: Int

    init(_ text: [UInt8], delimiter: UInt8) {
        self.text = text
        self.delimiter = delimiter
        place = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// Blank lines are no rows; malformed rows are.
    mutating func count() -> Int {
        var count = 0
        while place < text.count {
            let start = place
            place = rowEnd() ?? lineEnd(from: start)
            if place > start { count += 1 }
            if place < text.count { place += text[place...].starts(with: [0x0D, 0x0A]) ? 2 : 1 }
        }
        return count
    }

    /// Where the row that begins here ends; nil when its quote is never closed.
    private func rowEnd() -> Int? {
        var index = place
        while true {
            if index < text.count, text[index] == UInt8(ascii: "\"") {
                guard let after = afterQuote(index + 1) else { return nil }
                index = after
                // Text after a quote spoils the row up to its line's end.
                if index < text.count, text[index] != delimiter { return lineEnd(from: index) }
            } else {
                while index < text.count, text[index] != delimiter, !isBreak(text[index]) { index += 1 }
            }
            guard index < text.count, text[index] == delimiter else { return index }
            index += 1
        }
    }

    private func afterQuote(_ start: Int) -> Int? {
        var index = start
        while index < text.count {
            if text[index] != UInt8(ascii: "\"") {
                index += 1
            } else if index + 1 < text.count, text[index + 1] == UInt8(ascii: "\"") {
                index += 2
            } else {
                return index + 1
            }
        }
        return nil
    }

    private func lineEnd(from start: Int) -> Int { text[start...].firstIndex(where: isBreak) ?? text.count }
    private func isBreak(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }
}
