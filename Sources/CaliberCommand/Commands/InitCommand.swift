import ArgumentParser
import CaliberCore
import CaliberDictionary
import CaliberEngine
import Foundation

struct InitCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Write a starter dictionary, sample events and an empty database.")

    @OptionGroup var deployment: DeploymentOptions
    @Option(help: "What the deployment is called.") var name = "shop"
    @Option(name: .customLong("time-zone"), help: "IANA zone that days are days of.") var timeZone = "Asia/Shanghai"
    @Option(help: "ISO 4217 code of money that names no other.") var currency = "CNY"

    func perform() throws {
        try checkSettings()
        let folder = URL(fileURLWithPath: deployment.dictionaryFolder)
        guard !FileManager.default.fileExists(atPath: folder.path) else {
            throw Diagnostic(
                "already-initialised", "\(deployment.dictionaryFolder) exists already.",
                remedy: "Work on with it, or name another folder with --dictionary.")
        }
        for file in StarterDictionary.files(name: name, timeZone: timeZone, currency: currency) {
            let url = folder.appending(path: file.path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try file.text.write(to: url, atomically: true, encoding: .utf8)
        }
        let sample = URL(fileURLWithPath: "sample.ndjson")
        let writesSample = !FileManager.default.fileExists(atPath: sample.path)
        if writesSample { try StarterDictionary.sampleEvents.write(to: sample, atomically: true, encoding: .utf8) }
        let loaded = try deployment.loadDictionary()
        try loaded.lock.accepting(loaded).text.write(
            to: folder.appending(path: "versions.lock"), atomically: true, encoding: .utf8)
        _ = try deployment.openEngine(creating: true)
        Output.note(
            """
            Wrote \(deployment.dictionaryFolder)/ (contracts, a table, three metrics, a test), \
            \(writesSample ? "sample.ndjson " : "")and \(deployment.databasePath).

            Next:
              caliber dictionary test
              caliber ingest sample.ndjson
              caliber query --metrics gmv,orders_paid --group-by metric_time__day,channel
            """)
    }

    private func checkSettings() throws {
        guard BusinessZone(identifier: timeZone) != nil else {
            throw Diagnostic(
                "unknown-time-zone", "\"\(timeZone)\" is no time zone.",
                remedy: "Write an IANA name such as Asia/Shanghai, or an offset such as +08:00.")
        }
        guard Currency(code: currency) != nil else {
            throw Diagnostic(
                "unknown-currency", "\"\(currency)\" is no ISO 4217 currency.",
                suggestions: NameSuggestion.nearest(to: currency, among: Currency.knownCodes))
        }
    }
}
