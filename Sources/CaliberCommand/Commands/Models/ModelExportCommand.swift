import ArgumentParser
import CaliberCore
import CaliberScoring
import Foundation

struct ModelExportCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "A model in a form that other systems score with.",
        discussion: """
            pmml and onnx give the calibrated probability, sql also health; each takes the dictionary's features by their \
            names, unscaled. Rows with the probabilities they must get are part of pmml and onnx.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case pmml, onnx, sql }

    @OptionGroup var options: ModelOptions
    @Argument(help: "order_health for the champion, or order_health@3.") var model: String
    @Option(help: "The form it takes.") var format: Format
    @Option(help: ArgumentHelp("Write here instead of standard output.", valueName: "file")) var output: String?
    @Option(help: ArgumentHelp("For sql: the table that is scored.", valueName: "name")) var table = "features"
    @Option(help: ArgumentHelp("For sql: columns to give back beside the score.", valueName: "name"))
    var keep: [String] = []

    func validate() throws {
        // A terminal makes nothing of bytes that are no text.
        if format == .onnx, output == nil { throw ValidationError("--format onnx asks for --output.") }
    }

    func perform() throws {
        let file = try options.registry.load(model)
        let data =
            switch format {
            case .pmml: Data(ModelExport.pmml(file).utf8)
            case .onnx: ModelExport.onnx(file)
            case .sql: Data(ModelExport.sql(file, table: table, keep: keep).utf8)
            }
        let target = try OutputFile.open(output)
        try target.write(contentsOf: data)
        if let output { Output.note("Wrote \(output), \(Output.size(Int64(data.count))).") }
    }
}
