import CaliberEventLog
import FuzzIntake
import FuzzPromise

nonisolated(unsafe) private let log = ThrowawayLog(
    // Safe: libFuzzer calls the target from one thread.
    definitions: """
        contracts:
          - name: kept
            owner: team:fuzz
            undeclared_fields: keep
            fields:
              id: {type: identifier, required: true}
              amount: {type: money, minimum: 0, currency_field: currency}
              currency: {type: category}
              at: {type: timestamp, time_zone: Asia/Shanghai}
              on: {type: date}
              took: {type: duration}
              count: {type: integer, minimum: -5, maximum: 5}
              weight: {type: number}
              gift: {type: boolean}
              tags: {type: set}
              status: {type: category, allowed: [paid, open]}
              number: {type: text, pattern: '[0-9]{3}', length: 3}
              address.province: {type: category}
            checks:
              - {name: paid-has-amount, expr: status != 'paid' or amount > 0 CNY}
          - name: dropped
            owner: team:fuzz
            undeclared_fields: drop
            fields: {id: {type: identifier, required: true}, deep.id: {type: integer}}
          - name: refused
            owner: team:fuzz
            undeclared_fields: reject
            fields: {id: {type: identifier}}

        """)

/// Whatever the bytes, every line that is not blank is accounted for.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    guard let report = log.rehearse(input) else {
        promise(ThrowawayLog.looksCompressed(input), "refused as a whole")
        return 0
    }
    if !ThrowawayLog.looksCompressed(input) {
        promise(report.account.received == lineCount(input), "\(report.account) for \(lineCount(input)) lines")
    }
    return 0
}

/// Lines with more than blanks in them, counted in the plainest way.
private func lineCount(_ input: [UInt8]) -> Int {
    let text = input.starts(with: [0xEF, 0xBB, 0xBF]) ? input.dropFirst(3) : input[...]
    return text.split(separator: 0x0A).count { line in
        let content = line.last == 0x0D ? line.dropLast() : line
        return content.contains { $0 != 0x20 && $0 != 0x09 }
    }
}
