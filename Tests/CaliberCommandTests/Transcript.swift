import CaliberTesting
import Foundation
import Testing

/// A session at a terminal as text: commands after `$`, standard error after `!`, exit codes other than 0 in brackets.
///
/// What differs between two runs (how long, how fast, when) is replaced by its name.
struct Transcript {
    private let command: BuiltCommand
    private(set) var text = ""

    init(initialised: Bool = false) throws {
        command = BuiltCommand(in: try TemporaryFolder())
        if initialised { #expect(try command.run("init").status == 0) }
    }

    mutating func run(_ arguments: String...) throws { try run(arguments) }

    mutating func run(_ arguments: [String]) throws {
        let outcome = try command.run(arguments)
        #expect(!outcome.wasKilled)
        let shown = arguments.map { $0.contains(" ") ? "\"\($0)\"" : $0 }
        text += (["$ caliber"] + shown).joined(separator: " ") + "\n"
        // A golden file has line feeds alone; that CSV ends lines with CR LF is a test of its own.
        text += Transcript.normalised(outcome.output.replacing("\r\n", with: "\n"))
        for line in outcome.errors.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            text += Transcript.normalised(line.isEmpty ? "!" : "! \(line)") + "\n"
        }
        if outcome.status != 0 { text += "[\(outcome.status)]\n" }
        text += "\n"
    }

    /// Replaces what stands in a file, once, as a person would with an editor.
    mutating func edit(_ path: String, _ old: String, _ new: String) throws {
        let whole = try String(contentsOfFile: command.folder.path(path), encoding: .utf8)
        let range = try #require(whole.range(of: old), "\(path) does not contain \(old)")
        try whole.replacingCharacters(in: range, with: new)
            .write(toFile: command.folder.path(path), atomically: true, encoding: .utf8)
        text += "(\(path): \(old.replacing("\n", with: "⏎")) becomes \(new.replacing("\n", with: "⏎")))\n\n"
    }

    /// Changes one bit of a file, as a disk does that grows old.
    mutating func damage(_ name: String, byte: Int) throws {
        var bytes = try Data(contentsOf: URL(fileURLWithPath: command.folder.path(name)))
        bytes[byte] ^= 1
        try bytes.write(to: URL(fileURLWithPath: command.folder.path(name)))
        text += "(a bit of \(name) changes)\n\n"
    }

    private static func normalised(_ text: String) -> String {
        text.replacing(#/in \d+\.\d\d s, [\d,]+ events/s/#, with: "in SECONDS s, RATE events/s")
            .replacing(#/received  \S+/#, with: "received  MOMENT")
            .replacing(#/process \d+ on [^\s,]+/#, with: "PROCESS")
            .replacing(#/\d+ s ago/#, with: "AGE ago")
            .replacing(#/disk ( +).*/#) { "disk \($0.1)SIZES" }
            .replacing(#/[\d.]+ [kM]B, (\d+ event)/#) { "SIZE, \($0.1)" }
            .replacing(#/synced in [\d.]+ s/#, with: "synced in SECONDS s")
            .replacing(#/before-\w+/#, with: "before-MOMENT")
    }
}
