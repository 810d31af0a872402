import CaliberCore
import CaliberEngine
import CaliberQuery
import Foundation
import Logging

/// Writes log events to standard error, one line each, as JSON or as text. Events' contents and keys never go there.
struct LogLines: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let asJSON: Bool

    init(label: String, level: Logger.Level, asJSON: Bool) {
        self.label = label
        self.asJSON = asJSON
        logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        if let own = event.metadata { all.merge(own) { $1 } }
        if let error = event.error, all["error"] == nil { all["error"] = "\(error)" }
        let time = "\(Engine.wallClock())"
        let fields = all.sorted { $0.key < $1.key }
        let line: String
        if asJSON {
            var members: [(String, JSONText)] = [
                ("time", .string(time)), ("level", .string(event.level.rawValue)),
                ("message", .string("\(event.message)")),
            ]
            for (key, value) in fields { members.append((key, .string("\(value)"))) }
            line = JSONText.object(members).compact
        } else {
            line =
                "\(time) \(event.level.rawValue) \(event.message)"
                + fields.map { " \($0.key)=\(QuotedText.json("\($0.value)"))" }.joined()
        }
        // Nobody can be told that a log line could not be written.
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }
}
