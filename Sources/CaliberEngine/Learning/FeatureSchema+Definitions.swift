import CaliberDictionary
import CaliberScoring

extension FeatureSchema {
    /// A feature set as a model knows it.
    public init(_ set: FeatureSetDefinition) throws(ModelProblem) {
        try self.init(
            columns: set.features.map { feature in
                let values = PossibleValues(feature)
                return Column(
                    id: feature.name, definition: feature.meaning, description: feature.description ?? "",
                    advice: feature.advice.map { Advice(english: $0, chinese: feature.adviceZh ?? $0) },
                    group: feature.group, isActionable: feature.isActionable,
                    better: feature.better.flatMap { Direction(rawValue: $0.rawValue) },
                    minimum: feature.minimum ?? values.minimum, maximum: feature.maximum ?? values.maximum,
                    step: values.step)
            })
    }
}

/// What a feature's kind says of the values that it can have, where its definition does not.
private struct PossibleValues {
    var minimum: Double?
    var maximum: Double?
    var step: Double?

    init(_ feature: FeatureDefinition) {
        guard feature.scale == .linear else { return }
        switch feature.content {
        case .expression(let expression):
            switch expression.type {
            case .boolean: (minimum, maximum, step) = (0, 1, 1)
            case .integer: step = 1
            default: break
            }
        case .history(let history):
            switch history.statistic {
            case .count, .distinct: (minimum, step) = (0, 1)
            case .rate, .since, .age: minimum = 0
            default: break
            }
        }
    }
}
