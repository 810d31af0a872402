import CaliberCore
import CaliberDictionary
import CaliberQuery

extension Engine {
    /// The query that a saved one means now.
    ///
    /// - Throws: `unknown-saved-query` with the nearest names.
    public func query(saved name: String) throws(Diagnostic) -> MetricQuery {
        guard let saved = dictionary.savedQuery(named: name) else {
            throw Diagnostic(
                "unknown-saved-query", "There is no saved query \"\(name)\".",
                remedy: "`caliber list saved-queries` shows them all.",
                suggestions: NameSuggestion.nearest(to: name, among: dictionary.savedQueries.map(\.name)))
        }
        return MetricQuery(saved, today: saved.today(at: now(), in: dictionary))
    }
}

extension LoadedDictionary {
    /// What keeps saved queries from being answered, each at its place: every one is planned, none is run.
    public func savedQueryProblems(now: Timestamp = Engine.wallClock()) -> [Diagnostic] {
        let planner = QueryPlanner(dictionary: dictionary) { definitionHash(of: $0) }
        return dictionary.savedQueries.flatMap { saved -> [Diagnostic] in
            do {
                _ = try planner.plan(MetricQuery(saved, today: saved.today(at: now, in: dictionary)))
                return []
            } catch {
                return Diagnostic.describing(error).map {
                    Diagnostic(
                        $0.code, "Saved query \"\(saved.name)\": \($0.message)", at: saved.location, remedy: $0.remedy,
                        suggestions: $0.suggestions)
                }
            }
        }
    }
}

extension SavedQueryDefinition {
    /// A zone that is none is the planner's to report.
    fileprivate func today(at moment: Timestamp, in dictionary: MetricDictionary) -> CivilDate {
        (timeZone.flatMap { BusinessZone(identifier: $0) } ?? dictionary.settings.timeZone).date(of: moment)
    }
}
