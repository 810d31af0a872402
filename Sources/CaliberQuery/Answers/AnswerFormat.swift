import CaliberCore

/// The forms an answer can be written in.
public enum AnswerFormat: String, Sendable, CaseIterable {
    case table, csv, json, ndjson
}

extension QueryAnswer {
    /// The answer as text, with a line end at its end.
    ///
    /// - Parameter decimals: of numbers and quotients; nil writes numbers as short as they can be.
    public func render(as format: AnswerFormat, decimals: Int? = nil) -> String {
        let formatting = AnswerFormatting(zone: zone, decimals: decimals.map { min(max($0, 0), 30) })
        return switch format {
        case .table: tableText(formatting)
        case .csv: csvText(formatting)
        case .json: jsonText(formatting)
        case .ndjson: ndjsonText(formatting)
        }
    }
}
