import CaliberRegression
import Foundation

extension ModelExport {
    /// One statement that scores a table whose columns are named as the features are; NULL is missing.
    ///
    /// Columns given back: those of `keep`, then `log_odds` (calibrated), `probability`, `health`. Every number is written
    /// so that it is a DOUBLE to the last bit. Works in DuckDB, PostgreSQL and other standard SQL with common table
    /// expressions.
    public static func sql(_ file: ModelFile, table: String, keep: [String] = []) -> String {
        let model = ExportedModel(file)
        let kept = keep.map { quoted($0) + ", " }.joined()
        let perLogOdds = file.scale.pointsToDoubleOdds / M_LN2
        return """
            -- \(singleLine(file.name)), version \(singleLine(file.version))
            WITH linear AS (
              SELECT \(kept)\(logOdds(model)) AS log_odds
              FROM \(quoted(table))
            ), calibrated AS (
              SELECT \(kept)\(calibration(model)) AS log_odds
              FROM linear
            )
            SELECT \(kept)log_odds, 1e0 / (1e0 + exp(-log_odds)) AS probability,
              greatest(0e0, least(100e0, 60e0 + \(number(perLogOdds)) * (\(number(file.scale.reviewLogOdds)) - log_odds))) \
            AS health
            FROM calibrated

            """
    }

    private static func logOdds(_ model: ExportedModel) -> String {
        model.terms.reduce(number(model.intercept)) { text, exported in
            let (mean, deviation) = (number(exported.term.mean), number(exported.term.deviation))
            let value = "CAST(\(quoted(exported.id)) AS DOUBLE PRECISION)"
            return text + "\n    + coalesce(\(number(exported.term.weight)) * ((\(value) - \(mean)) / \(deviation)), "
                + "\(number(exported.term.missingWeight)))"
        }
    }

    private static func calibration(_ model: ExportedModel) -> String {
        guard let first = model.knots.first, let last = model.knots.last else { return "log_odds" }
        var text =
            "CASE WHEN log_odds <= \(number(first.logOdds)) "
            + "THEN \(number(first.calibrated)) + (log_odds - \(number(first.logOdds)))"
        for (left, right) in zip(model.knots, model.knots.dropFirst()) {
            text +=
                "\n    WHEN log_odds < \(number(right.logOdds)) THEN \(number(left.calibrated)) "
                + "+ (log_odds - \(number(left.logOdds))) / \(number(right.logOdds - left.logOdds)) "
                + "* \(number(right.calibrated - left.calibrated))"
        }
        return text + "\n    ELSE \(number(last.calibrated)) + (log_odds - \(number(last.logOdds))) END"
    }

    /// With an exponent, which makes it a DOUBLE where `0.1` is a decimal.
    private static func number(_ value: Double) -> String {
        let text = "\(value)"
        let exact = text.contains("e") ? text : text + "e0"
        return value < 0 ? "(\(exact))" : exact
    }

    private static func quoted(_ name: String) -> String {
        "\"" + name.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }

    private static func singleLine(_ text: String) -> String { text.filter { !$0.isNewline } }
}
