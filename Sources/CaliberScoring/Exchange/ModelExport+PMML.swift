import CaliberCore
import CaliberRegression
import Foundation

/// A model in the forms that other systems read.
public enum ModelExport {
    /// PMML 4.4: one regression table over standardised columns, with verification rows inside.
    ///
    /// Columns are standardised by derived fields, in which a missing value becomes 0, the mean; an indicator adds what
    /// missing itself says. A straight calibration is folded in, a bent one is a `NormContinuous` over the log-odds.
    public static func pmml(_ file: ModelFile, parity: ParityVector? = nil) -> String {
        let model = ExportedModel(file)
        let parity = parity ?? ParityVector(file: file)
        var xml = XMLText()
        xml.line("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")
        xml.element("PMML", [("xmlns", "http://www.dmg.org/PMML-4_4"), ("version", "4.4")]) { xml in
            xml.element("Header", [("description", "\(file.name), version \(file.version)")]) { xml in
                xml.empty("Application", [("name", "Caliber"), ("version", file.engineVersion)])
                xml.text("Timestamp", [], file.created.description)
            }
            dataDictionary(file, &xml)
            xml.element(
                "RegressionModel",
                [
                    ("modelName", file.name), ("functionName", "classification"),
                    ("algorithmName", "logisticRegression"),
                    ("normalizationMethod", "logit"), ("targetFieldName", file.label.id),
                ]
            ) { xml in
                miningSchema(file, model, &xml)
                xml.element("Output") { xml in
                    xml.empty(
                        "OutputField",
                        [
                            ("name", "probability"), ("optype", "continuous"), ("dataType", "double"),
                            ("feature", "probability"), ("value", "1"),
                        ])
                }
                transformations(model, &xml)
                tables(model, &xml)
                verification(parity, of: model, &xml)
            }
        }
        return xml.output
    }

    private static func dataDictionary(_ file: ModelFile, _ xml: inout XMLText) {
        xml.element("DataDictionary", [("numberOfFields", "\(file.columns.count + 1)")]) { xml in
            for column in file.columns {
                xml.empty("DataField", [("name", column.id), ("optype", "continuous"), ("dataType", "double")])
            }
            xml.element(
                "DataField", [("name", file.label.id), ("optype", "categorical"), ("dataType", "string")]
            ) { xml in
                xml.empty("Value", [("value", "0")])
                xml.empty("Value", [("value", "1")])
            }
        }
    }

    private static func miningSchema(_ file: ModelFile, _ model: ExportedModel, _ xml: inout XMLText) {
        xml.element("MiningSchema") { xml in
            for term in model.terms {
                xml.empty(
                    "MiningField", [("name", term.id), ("usageType", "active"), ("missingValueTreatment", "asIs")])
            }
            xml.empty("MiningField", [("name", file.label.id), ("usageType", "target")])
        }
    }

    private static func transformations(_ model: ExportedModel, _ xml: inout XMLText) {
        func derived(_ name: String, _ xml: inout XMLText, _ body: (inout XMLText) -> Void) {
            xml.element("DerivedField", [("name", name), ("optype", "continuous"), ("dataType", "double")], body)
        }
        xml.element("LocalTransformations") { xml in
            for (id, _, term) in model.terms {
                derived(standard(id), &xml) { xml in
                    xml.element("Apply", [("function", "/"), ("mapMissingTo", "0")]) { xml in
                        xml.element("Apply", [("function", "-")]) { xml in
                            xml.empty("FieldRef", [("field", id)])
                            xml.constant(term.mean)
                        }
                        xml.constant(term.deviation)
                    }
                }
                guard term.missingWeight != 0 else { continue }
                derived(missing(id), &xml) { xml in
                    xml.element("Apply", [("function", "if")]) { xml in
                        xml.element("Apply", [("function", "isMissing")]) { $0.empty("FieldRef", [("field", id)]) }
                        xml.constant(1)
                        xml.constant(0)
                    }
                }
            }
            guard !model.knots.isEmpty else { return }
            derived("log_odds", &xml) { xml in
                xml.element("Apply", [("function", "sum")]) { xml in
                    xml.constant(model.intercept)
                    for (field, coefficient) in predictors(model) {
                        xml.element("Apply", [("function", "*")]) { xml in
                            xml.constant(coefficient)
                            xml.empty("FieldRef", [("field", field)])
                        }
                    }
                }
            }
            derived("log_odds.calibrated", &xml) { xml in
                xml.element("NormContinuous", [("field", "log_odds"), ("outliers", "asIs")]) { xml in
                    for knot in model.extendedKnots {
                        xml.empty("LinearNorm", [("orig", "\(knot.logOdds)"), ("norm", "\(knot.calibrated)")])
                    }
                }
            }
        }
    }

    private static func standard(_ id: String) -> String { id + ".standard" }
    private static func missing(_ id: String) -> String { id + ".missing" }

    private static func predictors(_ model: ExportedModel) -> [(field: String, coefficient: Double)] {
        model.terms.flatMap { id, _, term -> [(field: String, coefficient: Double)] in
            let value = (field: standard(id), coefficient: term.weight)
            return term.missingWeight == 0 ? [value] : [value, (field: missing(id), coefficient: term.missingWeight)]
        }
    }

    private static func tables(_ model: ExportedModel, _ xml: inout XMLText) {
        let isBent = !model.knots.isEmpty
        xml.element(
            "RegressionTable", [("intercept", isBent ? "0" : "\(model.intercept)"), ("targetCategory", "1")]
        ) { xml in
            let fields = isBent ? [(field: "log_odds.calibrated", coefficient: 1.0)] : predictors(model)
            for (field, coefficient) in fields {
                xml.empty("NumericPredictor", [("name", field), ("coefficient", "\(coefficient)")])
            }
        }
        xml.empty("RegressionTable", [("intercept", "0"), ("targetCategory", "0")])
    }

    private static func verification(_ parity: ParityVector, of model: ExportedModel, _ xml: inout XMLText) {
        xml.element(
            "ModelVerification",
            [("recordCount", "\(parity.rows.count)"), ("fieldCount", "\(model.terms.count + 1)")]
        ) { xml in
            xml.element("VerificationFields") { xml in
                for (id, index, _) in model.terms {
                    xml.empty("VerificationField", [("field", id), ("column", "c\(index)")])
                }
                xml.empty(
                    "VerificationField",
                    [("field", "probability"), ("column", "probability"), ("precision", "1E-9")])
            }
            xml.element("InlineTable") { xml in
                for (row, probability) in zip(parity.rows, parity.probabilities) {
                    xml.element("row") { xml in
                        for (_, index, _) in model.terms {
                            if let value = row[index] { xml.text("c\(index)", [], "\(value)") }
                        }
                        xml.text("probability", [], "\(probability)")
                    }
                }
            }
        }
    }
}

/// XML, one element a line.
private struct XMLText {
    private(set) var output = ""
    private var depth = 0

    mutating func line(_ text: String) {
        output += String(repeating: "  ", count: depth) + text + "\n"
    }

    mutating func element(_ name: String, _ attributes: [(String, String)] = [], _ body: (inout XMLText) -> Void) {
        line("<\(name)\(written(attributes))>")
        depth += 1
        body(&self)
        depth -= 1
        line("</\(name)>")
    }

    mutating func empty(_ name: String, _ attributes: [(String, String)]) {
        line("<\(name)\(written(attributes))/>")
    }

    mutating func text(_ name: String, _ attributes: [(String, String)], _ content: String) {
        line("<\(name)\(written(attributes))>\(escaped(content))</\(name)>")
    }

    mutating func constant(_ value: Double) {
        text("Constant", [("dataType", "double")], "\(value)")
    }

    private func written(_ attributes: [(String, String)]) -> String {
        attributes.map { " \($0.0)=\"\(escaped($0.1))\"" }.joined()
    }

    /// Characters that XML 1.0 does not have are left out.
    private func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\n", "\t", "\r": escaped += "&#\(scalar.value);"
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: break
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
