import CaliberDictionary
import CaliberScoring

extension FeatureSchema {
    /// A feature set as a model knows it.
    public init(_ set: FeatureSetDefinition) throws(ModelProblem) {
        try self.init(
            columns: set.features.map { feature in
                Column(
                    id: feature.name, definition: feature.meaning, description: feature.description ?? "",
                    advice: feature.advice.map { Advice(english: $0, chinese: feature.adviceZh ?? $0) },
                    group: feature.group, isActionable: feature.isActionable, minimum: feature.minimum,
                    maximum: feature.maximum)
            })
    }
}
