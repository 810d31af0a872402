import CaliberCore
import CaliberSimulator
import Foundation

/// A simulated stream in the order of its events' times, no two of which are the same, without repeats and breaks: all
/// that happened has arrived, so that windows mean the same to engines that know one clock.
struct OrderedStream {
    let url: URL

    private static let startDay = CivilDate(year: 2025, month: 1, day: 1)
    /// Of the stream as this program makes it; another one means that it is made anew.
    private static let form = "ordered 1"

    /// Finds the stream in `folder`, or simulates it there.
    static func prepare(orders: Int, days: Int, seed: UInt64, in folder: URL) throws -> OrderedStream {
        let url = folder.appending(path: "ordered-\(startDay)-\(days)-\(orders)-\(seed).ndjson")
        _ = try MadeFile.prepare(url.path, origin: form) {
            Progress.say("simulating \(grouped(orders)) orders over \(days) days, in order of time")
            var settings = SimulationSettings(seed: seed, orderCount: orders, dayCount: days)
            settings.startDay = startDay
            settings.isDetailed = true
            settings.repeatShare = 0
            settings.lateShare = 0
            settings.malformedShare = 0
            settings.outOfOrderShare = 0
            try Data().write(to: url)
            let writer = OrderedLines(try FileHandle(forWritingTo: url))
            _ = try Simulation(settings).write { bytes in try writer.take(bytes) }
            try writer.finish()
            return MadeFile(origin: form, seconds: 0, peakBytes: 0, databaseBytes: 0)
        }
        return OrderedStream(url: url)
    }
}

/// Puts lines that arrive within a second of their times in the order of these.
private final class OrderedLines {
    private let file: FileHandle
    private var pending: [(milliseconds: Int64, line: [UInt8])] = []
    private var lastMilliseconds = Int64.min
    private var output = Data()

    /// Longer than any event of such a stream is under way.
    private static let slackMilliseconds: Int64 = 1_000
    private static let fewestPending = 200_000
    private static let timeMark = Array(#""time":""#.utf8)

    struct Unordered: Error, CustomStringConvertible {
        let description: String
    }

    init(_ file: FileHandle) {
        self.file = file
    }

    func take(_ bytes: UnsafeRawBufferPointer) throws {
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let line = [UInt8](line)
            pending.append((try OrderedLines.milliseconds(of: line), line))
        }
        if pending.count >= OrderedLines.fewestPending {
            let latest = pending.reduce(Int64.min) { max($0, $1.milliseconds) }
            try write(before: latest - OrderedLines.slackMilliseconds)
        }
    }

    func finish() throws {
        try write(before: .max)
        try file.close()
    }

    private func write(before end: Int64) throws {
        // Events of one millisecond stay as they came.
        let order = pending.indices.sorted { (pending[$0].milliseconds, $0) < (pending[$1].milliseconds, $1) }
        var kept: [(milliseconds: Int64, line: [UInt8])] = []
        for index in order {
            let (milliseconds, line) = pending[index]
            if milliseconds < end { try write(line, at: milliseconds) } else { kept.append(pending[index]) }
        }
        pending = kept
        try file.write(contentsOf: output)
        output.removeAll(keepingCapacity: true)
    }

    private func write(_ line: [UInt8], at milliseconds: Int64) throws {
        guard milliseconds > lastMilliseconds else {
            guard lastMilliseconds - milliseconds < 100 * OrderedLines.slackMilliseconds else {
                throw Unordered(description: "an event came more than \(OrderedLines.slackMilliseconds) ms late")
            }
            // The next free millisecond.
            lastMilliseconds += 1
            let start = OrderedLines.timeStart(of: line) ?? 0
            output.append(contentsOf: line[..<start])
            output.append(contentsOf: OrderedLines.text(ofMilliseconds: lastMilliseconds).utf8)
            output.append(contentsOf: line[(start + OrderedLines.timeByteCount)...])
            output.append(UInt8(ascii: "\n"))
            return
        }
        lastMilliseconds = milliseconds
        output.append(contentsOf: line)
        output.append(UInt8(ascii: "\n"))
    }

    // MARK: - Times

    /// `2025-01-01T00:00:00.123+08:00`
    private static let timeByteCount = 29
    private static let offsetSeconds: Int64 = 8 * 3600

    private static func timeStart(of line: [UInt8]) -> Int? {
        var start = 0
        while let quote = line[start...].firstIndex(of: UInt8(ascii: "\"")) {
            if line[quote...].starts(with: timeMark) { return quote + timeMark.count }
            start = quote + 1
        }
        return nil
    }

    private static func milliseconds(of line: [UInt8]) throws -> Int64 {
        guard let start = timeStart(of: line), line.count >= start + timeByteCount else {
            throw Unordered(description: "an event without a time")
        }
        func number(_ offset: Int, _ count: Int) -> Int {
            line[(start + offset)..<(start + offset + count)].reduce(0) { $0 * 10 + Int($1 &- UInt8(ascii: "0")) }
        }
        let day = CivilDate(year: number(0, 4), month: number(5, 2), day: number(8, 2))
        let seconds = Int64(number(11, 2) * 3600 + number(14, 2) * 60 + number(17, 2))
        return (Int64(day.dayNumber) * 86_400 + seconds - offsetSeconds) * 1000 + Int64(number(20, 3))
    }

    private static func text(ofMilliseconds milliseconds: Int64) -> String {
        let local = milliseconds + offsetSeconds * 1000
        let (day, rest) = (local / 86_400_000, local % 86_400_000)
        let seconds = rest / 1000
        let clock = String(
            format: "T%02d:%02d:%02d.%03d+08:00", Int(seconds / 3600), Int(seconds / 60 % 60), Int(seconds % 60),
            Int(rest % 1000))
        return CivilDate(dayNumber: Int32(day)).description + clock
    }
}
