import CaliberCore

/// One entry of a feature set: a feature, or a page of them with words to be filled in.
struct FeatureTemplate {
    let value: YAMLValue
    let log: ProblemLog

    /// The words of one feature, by what stands in braces.
    typealias Words = [String: String]

    private static let listKeys = ["statistic", "entity", "fact", "value", "window"]

    /// One set of words for each feature, lists gone through in the order of their keys; nil after a fault.
    func expansions() -> [Words]? {
        var axes: [(name: String, words: [YAMLValue])] = []
        for key in FeatureTemplate.listKeys {
            guard let entry = value[key] else { continue }
            axes.append((key, entry.list ?? [entry]))
        }
        for entry in value["each"]?.entries ?? [] { axes.append((entry.key, entry.value.list ?? [])) }
        guard let nameValue = value["name"], let name = nameValue.text else { return nil }
        for axis in axes where axis.words.count > 1 && !name.contains("{\(axis.name)}") {
            log.report(.feature(.listUnnamed(key: axis.name, at: nameValue.textLocation)))
            return nil
        }
        let count = axes.reduce(1) { $0.multipliedReportingOverflow(by: $1.words.count).partialValue }
        guard count <= DictionaryLimits.featuresPerSet else {
            log.report(.feature(.tooMany(count: count, limit: DictionaryLimits.featuresPerSet, at: value.location)))
            return nil
        }
        var expansions: [Words] = [[:]]
        for axis in axes {
            expansions = expansions.flatMap { words in
                axis.words.compactMap { word in
                    word.text.map { words.merging([axis.name: $0]) { _, new in new } }
                }
            }
        }
        return expansions
    }

    /// A text with its braces filled in; nil after a fault.
    func filled(_ text: YAMLValue, _ words: Words) -> String? {
        guard let template = text.text else { return nil }
        var result = ""
        var rest = Substring(template)
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}") else { break }
            let name = String(rest[rest.index(after: open)..<close])
            guard let word = words[name] else {
                log.report(
                    .feature(
                        .braceUnfilled(
                            text: template, name: name, known: words.keys.sorted(), at: text.textLocation)))
                return nil
            }
            result += rest[..<open] + word
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    /// The same node with another text: problems of an expression point at the template's place.
    func filledValue(_ text: YAMLValue, _ words: Words) -> YAMLValue? {
        guard let filled = filled(text, words), case .scalar(_, let style) = text.content else { return nil }
        return YAMLValue(.scalar(filled, style), at: text.location)
    }
}
