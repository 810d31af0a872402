import CaliberDictionary

extension LoadedDictionary {
    /// A meaning with the hashes of other metrics replaced by their names, for people: `gmv@1`.
    ///
    /// A hash that neither the dictionary nor its lock knows stays.
    func namingMetrics(in meaning: MetricMeaning) -> MetricMeaning {
        var names: [String: String] = [:]
        for entry in lock.entries {
            for version in entry.versions { names[version.hash] = "\(entry.name)@\(version.version)" }
        }
        for metric in dictionary.metrics {
            if let hash = meanings[metric.id]?.hash { names[hash] = "\(metric.name)@\(metric.version)" }
        }
        let parts = meaning.parts.map { part in
            let text = part.text.replacing(/sha256:[0-9a-f]{64}/) { match in
                names[String(match.output)] ?? String(match.output)
            }
            return MetricMeaning.Part(label: part.label, text: text)
        }
        return MetricMeaning(parts: parts)
    }
}
