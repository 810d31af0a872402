import CaliberCore

/// Checks what a query names as a metric: `gmv`, `M-0001`, `gmv@1`.
struct MetricReferenceCheck {
    let dictionary: MetricDictionary
    let log: ProblemLog

    func check(_ value: YAMLValue) {
        guard let text = value.text else { return }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        guard let name = parts.first, !name.isEmpty, parts.count <= 2, parts.count == 1 || Int(parts[1]) != nil else {
            log.report(.source(.badMetricReference(text: text, at: value.textLocation)))
            return
        }
        guard let newest = dictionary.metric(named: name) else {
            log.report(
                .name(
                    .unknown(
                        .metric, name: name, within: nil,
                        suggestions: NameSuggestion.nearest(to: name, among: dictionary.metrics.map(\.name)),
                        at: value.textLocation)))
            return
        }
        guard parts.count == 2, let version = Int(parts[1]), dictionary.metric(named: name, version: version) == nil
        else { return }
        let known = dictionary.earlierMetrics.filter { $0.id == newest.id }.map(\.version) + [newest.version]
        log.report(
            .name(
                .unknownVersion(
                    metric: name, version: Int64(version), known: known.sorted(), at: value.textLocation)))
    }
}
