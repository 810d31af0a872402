import CaliberDictionary

extension Engine {
    /// A feature set of the dictionary; the only one where none is named.
    ///
    /// - Throws: `Diagnostic` that lists what there is.
    public func featureSet(_ name: String?) throws -> FeatureSetDefinition {
        try dictionary.featureSet(orOnly: name)
    }

    /// A label of a table; the table's only one where none is named.
    public func label(_ name: String?, of table: String) throws -> LabelDefinition {
        let labels = dictionary.labels.filter { $0.table == table }
        if name == nil, labels.count == 1 { return labels[0] }
        if let name, let label = dictionary.label(named: name) { return label }
        throw LearningProblem.unknownLabel(name: name, known: labels.map(\.name)).diagnostic
    }
}

extension MetricDictionary {
    /// A feature set by its name; the only one where none is named.
    ///
    /// - Throws: `Diagnostic` that lists what there is.
    public func featureSet(orOnly name: String?) throws -> FeatureSetDefinition {
        if name == nil, featureSets.count == 1 { return featureSets[0] }
        if let name, let set = featureSet(named: name) { return set }
        throw LearningProblem.unknownFeatureSet(name: name, known: featureSets.map(\.name)).diagnostic
    }
}
