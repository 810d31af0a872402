import CaliberTesting
import Foundation
import Testing

/// Simulated orders taken in, and two models trained on them: made once, since it takes seconds.
struct ModelDeployment {
    let command: BuiltCommand

    /// Tests that write models work on a copy of them.
    static let shared = Result { try ModelDeployment() }

    private init() throws {
        command = BuiltCommand(in: try TemporaryFolder())
        try FileManager.default.copyItem(
            at: BuiltCommand.packageRoot.appending(path: "dictionary"),
            to: command.folder.url.appending(path: "dictionary"))
        try done("simulate", "--orders", "3000", "--days", "60", "--seed", "7", "--output", "orders.ndjson")
        try done("ingest", "orders.ndjson")
        try done("model", "train", "--penalty", "300")
        try done("model", "train", "--penalty", "30", "--capacity", "0.1")
    }

    /// - Returns: what the command says on standard output.
    @discardableResult
    func done(_ arguments: String..., models: String = "models") throws -> String {
        let model = arguments.first == "model" ? ["--models", models] : []
        let outcome = try command.run(arguments + model)
        #expect(outcome.status == 0, "\(arguments.joined(separator: " ")): \(outcome.errors)")
        return outcome.output
    }

    func json(_ arguments: String..., models: String = "models") throws -> [String: Any] {
        let outcome = try command.run(arguments + ["--json", "--models", models])
        #expect(outcome.status == 0, "\(arguments.joined(separator: " ")): \(outcome.errors)")
        return try #require(JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    /// The models in a folder of their own.
    func copyOfModels() throws -> String {
        let name = "models-\(UUID().uuidString)"
        try FileManager.default.copyItem(
            atPath: command.folder.path("models"), toPath: command.folder.path(name))
        return name
    }

    /// What is said on both outputs, as a transcript has it.
    func transcript(_ lines: [[String]]) throws -> String {
        var text = ""
        for arguments in lines {
            let outcome = try command.run(arguments)
            text += "$ caliber " + arguments.joined(separator: " ") + "\n" + outcome.output
            text += outcome.errors.split(separator: "\n").map { "! \($0)\n" }.joined() + "\n"
        }
        return text
    }
}
