import CaliberCore
import CaliberRegression
import Foundation

/// Coefficients that a team fitted with scikit-learn, as one JSON object:
///
/// ```json
/// {"coef_": [[0.8, -0.2]], "intercept_": [-2.1], "feature_names_in_": ["delay", "share"],
///  "mean_": [20.5, 0.3], "scale_": [6.2, 0.1]}
/// ```
///
/// `mean_` and `scale_` are those of a `StandardScaler` before the regression; without them coefficients are of raw
/// columns. In Python: `json.dump({k: getattr(model, k).tolist() for k in ("coef_", "intercept_", "feature_names_in_")},
/// file)`.
public struct ScikitLearnModel: Hashable, Sendable {
    /// In the schema's order.
    public let model: LogisticModel
    /// Columns of the schema that the coefficients do not name; their weight is 0.
    public let unusedColumns: [String]

    private struct Form: Decodable {
        let coefficients: Rows
        let intercept: Rows
        let names: [String]
        let means: [Double]?
        let scales: [Double]?

        enum CodingKeys: String, CodingKey {
            case coefficients = "coef_"
            case intercept = "intercept_"
            case names = "feature_names_in_"
            case means = "mean_"
            case scales = "scale_"
        }
    }

    /// One row of numbers, in however many brackets: `1`, `[1]`, `[[1]]`.
    private struct Rows: Decodable {
        let rows: [[Double]]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Double.self) {
                rows = [[number]]
            } else if let row = try? container.decode([Double].self) {
                rows = [row]
            } else {
                rows = try container.decode([[Double]].self)
            }
        }
    }

    /// - Throws: `.malformed`, `.wrongLength`, `.severalClasses`, `.unknownColumns`, `.invalidScale`.
    public init(reading data: Data, path: String, schema: FeatureSchema) throws(ImportProblem) {
        let form: Form
        do {
            form = try JSONDecoder().decode(Form.self, from: data)
        } catch DecodingError.keyNotFound(let key, _) {
            throw .malformed(path: path, reason: "\(key.stringValue) is missing")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            throw .malformed(path: path, reason: "\(ModelFile.path(context.codingPath)) is not made of what it should")
        } catch {
            throw .malformed(path: path, reason: "it is not JSON")
        }
        guard form.coefficients.rows.count == 1, form.intercept.rows.count == 1, form.intercept.rows[0].count == 1
        else { throw .severalClasses(path: path) }
        let coefficients = form.coefficients.rows[0]
        let lengths = [
            ("coef_", coefficients.count), ("mean_", form.means?.count ?? form.names.count),
            ("scale_", form.scales?.count ?? form.names.count),
        ]
        for (key, length) in lengths where length != form.names.count {
            throw .wrongLength(path: path, key: key, length: length, expected: form.names.count)
        }
        if let index = form.scales?.firstIndex(where: { !($0 > 0) }) {
            throw .invalidScale(path: path, column: form.names[index])
        }
        let places = try ScikitLearnModel.places(of: form.names, in: schema, path: path)
        var terms = [LogisticModel.Term](repeating: LogisticModel.Term(weight: 0), count: schema.columns.count)
        for (index, place) in places.enumerated() {
            terms[place] = LogisticModel.Term(
                weight: coefficients[index], mean: form.means?[index] ?? 0, deviation: form.scales?[index] ?? 1)
        }
        model = LogisticModel(intercept: form.intercept.rows[0][0], terms: terms)
        let used = Set(places)
        unusedColumns = schema.columns.indices.filter { !used.contains($0) }.map { schema.columns[$0].id }
    }

    private static func places(
        of names: [String], in schema: FeatureSchema, path: String
    ) throws(ImportProblem) -> [Int] {
        let ids = schema.columns.map(\.id)
        let placeOfID = Dictionary(ids.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        let unknown = names.filter { placeOfID[$0] == nil }
        if !unknown.isEmpty {
            throw .unknownColumns(
                path: path,
                unknown.map {
                    ImportProblem.UnknownColumn(name: $0, nearest: NameSuggestion.nearest(to: $0, among: ids))
                })
        }
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw .repeatedColumn(path: path, name: twice)
        }
        return names.compactMap { placeOfID[$0] }
    }
}

extension LogisticModel {
    /// The same log-odds for every row without missing values, told from other means and deviations: with those of the
    /// training rows, reasons have a baseline that says something and a missing value counts as the mean.
    ///
    /// - Parameter statistics: one a column; deviations are positive.
    public func rebased(on statistics: [(mean: Double, deviation: Double)]) -> LogisticModel {
        precondition(statistics.count == terms.count, "\(statistics.count) statistics for \(terms.count) columns")
        var rebased = self
        for (index, (mean, deviation)) in statistics.enumerated() {
            let term = terms[index]
            rebased.intercept += term.weight * ((mean - term.mean) / term.deviation)
            rebased.terms[index] = Term(
                weight: term.weight / term.deviation * deviation, mean: mean, deviation: deviation,
                missingWeight: term.missingWeight)
        }
        return rebased
    }
}

/// Why coefficients can't be taken over.
public enum ImportProblem: Error, Hashable, Sendable {
    case malformed(path: String, reason: String)
    case severalClasses(path: String)
    case wrongLength(path: String, key: String, length: Int, expected: Int)
    case invalidScale(path: String, column: String)
    case unknownColumns(path: String, [UnknownColumn])
    case repeatedColumn(path: String, name: String)

    public struct UnknownColumn: Hashable, Sendable {
        public let name: String
        public let nearest: [String]
    }

    static let nameLimit = 6

    public var diagnostic: Diagnostic {
        switch self {
        case .malformed(let path, let reason):
            Diagnostic(
                "coefficients-malformed", "\(path) does not hold coefficients: \(reason).",
                remedy:
                    "Write an object with coef_, intercept_ and feature_names_in_, and mean_ and scale_ of a scaler.")
        case .severalClasses(let path):
            Diagnostic(
                "several-classes", "\(path) has coefficients for more than two classes.",
                remedy: "Fit the label against all else: one row of coefficients, one intercept.")
        case .wrongLength(let path, let key, let length, let expected):
            Diagnostic(
                "coefficients-length", "\(path): \(key) has \(length) numbers for \(expected) feature names.",
                remedy: "Write one number a name, in one order.")
        case .invalidScale(let path, let column):
            Diagnostic(
                "invalid-scale", "\(path): the scale_ of \(QuotedText.json(column)) is not above 0.",
                remedy: "Take the scaler's scale_ as it was fitted; a constant column has 1.")
        case .unknownColumns(let path, let columns):
            Diagnostic(
                "unknown-feature-column",
                "\(path) names \(columns.count == 1 ? "1 column" : "\(columns.count) columns") that the dictionary's "
                    + "features do not have: "
                    + ImportProblem.listing(columns),
                remedy: "Rename them as `caliber features list` has them.",
                suggestions: columns.count == 1 ? columns[0].nearest : [])
        case .repeatedColumn(let path, let name):
            Diagnostic(
                "repeated-feature-column", "\(path) names \(QuotedText.json(name)) twice.",
                remedy: "Write each column once.")
        }
    }

    private static func listing(_ columns: [UnknownColumn]) -> String {
        let shown = columns.prefix(nameLimit).map { column in
            let hint = columns.count > 1 ? column.nearest.first.map { " (did you mean \(QuotedText.json($0))?)" } : nil
            return QuotedText.json(column.name) + (hint ?? "")
        }
        let more = columns.count - nameLimit
        return shown.joined(separator: ", ") + (more > 0 ? " and \(more) more." : ".")
    }
}
