import CaliberRegression
import Foundation

extension ModelExport {
    /// An ONNX model in double precision: `features` (rows × columns, missing as NaN) → `probability` (rows × 1).
    ///
    /// Feature names and the parity rows stand in the model's metadata. A bent calibration is a sum of hinges.
    ///
    /// Source of the field numbers: onnx.proto of ONNX IR version 8.
    public static func onnx(_ file: ModelFile, parity: ParityVector? = nil) -> Data {
        let model = ExportedModel(file)
        var graph = ONNXGraph(columnCount: file.columns.count)
        let flat = LogisticModel.Term(weight: 0)
        var terms = [LogisticModel.Term](repeating: flat, count: file.columns.count)
        for (_, index, term) in model.terms { terms[index] = term }
        graph.constant("means", terms.map(\.mean), shape: [terms.count])
        graph.constant("slopes", terms.map { $0.weight / $0.deviation }, shape: [terms.count, 1])
        graph.constant("missing_weights", terms.map(\.missingWeight), shape: [terms.count, 1])
        graph.constant("intercept", [model.intercept], shape: [1])
        graph.node("IsNaN", ["features"], "is_missing")
        graph.node("Where", ["is_missing", "means", "features"], "present")
        graph.node("Sub", ["present", "means"], "centred")
        graph.node("MatMul", ["centred", "slopes"], "from_values")
        graph.node("Cast", ["is_missing"], "missing", attributes: [("to", ONNXGraph.doubleType)])
        graph.node("MatMul", ["missing", "missing_weights"], "from_missing")
        graph.node("Add", ["from_values", "from_missing"], "sum")
        graph.node("Add", ["sum", "intercept"], "log_odds")
        let calibrated = graph.addHinges(of: model.knots, to: "log_odds")
        graph.node("Sigmoid", [calibrated], "probability")

        return ProtobufMessage.make { message in
            message.add(1, 8)  // ir_version
            message.add(2, "Caliber")  // producer_name
            message.add(3, file.engineVersion)  // producer_version
            message.add(7, graph.message(name: file.name))
            message.add(8, ProtobufMessage.make { $0.add(2, 13) })  // opset_import, of the default domain
            let parityText = (try? (parity ?? ParityVector(file: file)).encoded()) ?? Data()
            let metadata = [
                ("features", file.columns.map(\.id).joined(separator: "\n")),
                ("model", "\(file.name)@\(file.version)"), ("parity", String(decoding: parityText, as: UTF8.self)),
            ]
            for (key, value) in metadata {
                message.add(
                    14,
                    ProtobufMessage.make {
                        $0.add(1, key)
                        $0.add(2, value)
                    })
            }
        }.bytes
    }
}

/// Nodes and constants of one graph, in the order of their computation.
private struct ONNXGraph {
    static let doubleType: Int64 = 11
    static let integerAttribute: Int64 = 2

    private let columnCount: Int
    private var nodes: [ProtobufMessage] = []
    private var constants: [ProtobufMessage] = []

    init(columnCount: Int) {
        self.columnCount = columnCount
    }

    mutating func node(
        _ operation: String, _ inputs: [String], _ output: String, attributes: [(String, Int64)] = []
    ) {
        nodes.append(
            ProtobufMessage.make { node in
                for input in inputs { node.add(1, input) }
                node.add(2, output)
                node.add(3, "make_\(output)")
                node.add(4, operation)
                for (name, value) in attributes {
                    node.add(
                        5,
                        ProtobufMessage.make {
                            $0.add(1, name)
                            $0.add(3, value)
                            $0.add(20, ONNXGraph.integerAttribute)
                        })
                }
            })
    }

    mutating func constant(_ name: String, _ values: [Double], shape: [Int]) {
        constants.append(
            ProtobufMessage.make { tensor in
                for size in shape { tensor.add(1, Int64(size)) }
                tensor.add(2, ONNXGraph.doubleType)
                tensor.add(8, name)
                tensor.add(9, values.map(\.bitPattern.littleEndian).withUnsafeBytes { Data($0) })
            })
    }

    /// Slope 1 throughout, and at each knot what the slope changes by, from there on: Σ change · max(0, x − knot).
    mutating func addHinges(of knots: [Calibration.Knot], to input: String) -> String {
        guard let first = knots.first else { return input }
        let slopes =
            zip(knots, knots.dropFirst()).map {
                ($1.calibrated - $0.calibrated) / ($1.logOdds - $0.logOdds)
            } + [1]
        let changes = zip(slopes, [1] + slopes).map { $0 - $1 }
        constant("knots", knots.map(\.logOdds), shape: [1, knots.count])
        constant("slope_changes", changes, shape: [knots.count, 1])
        constant("shift", [first.calibrated - first.logOdds], shape: [1])
        node("Sub", [input, "knots"], "past_knots")
        node("Relu", ["past_knots"], "hinges")
        node("MatMul", ["hinges", "slope_changes"], "bend")
        node("Add", [input, "bend"], "bent")
        node("Add", ["bent", "shift"], "calibrated_log_odds")
        return "calibrated_log_odds"
    }

    func message(name: String) -> ProtobufMessage {
        ProtobufMessage.make { graph in
            for node in nodes { graph.add(1, node) }
            graph.add(2, name)
            for constant in constants { graph.add(5, constant) }
            graph.add(11, value("features", columns: columnCount))
            graph.add(12, value("probability", columns: 1))
        }
    }

    /// A table of doubles with any number of rows.
    private func value(_ name: String, columns: Int) -> ProtobufMessage {
        ProtobufMessage.make { value in
            value.add(1, name)
            let shape = ProtobufMessage.make { shape in
                shape.add(1, ProtobufMessage.make { $0.add(2, "rows") })
                shape.add(1, ProtobufMessage.make { $0.add(1, Int64(columns)) })
            }
            let tensor = ProtobufMessage.make { tensor in
                tensor.add(1, ONNXGraph.doubleType)
                tensor.add(2, shape)
            }
            value.add(2, ProtobufMessage.make { $0.add(1, tensor) })
        }
    }
}
