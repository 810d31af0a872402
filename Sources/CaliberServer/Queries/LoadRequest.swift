import CaliberCore
import CaliberEngine
import CaliberQuery
import Foundation

/// A query as HTTP carries it: `{"query": {"metrics": ["gmv@2"], "group_by": ["metric_time__day"], "where": ["…"]}}`.
///
/// The words are those of `caliber query`; what an answer says under `query` can be sent again as it is.
struct LoadRequest {
    let query: MetricQuery
    /// Of quotients and floats; nil writes them as short as they can be.
    let decimals: Int?
    private static let keys: Set<String> = [
        "metrics", "group_by", "where", "start_time", "end_time", "order_by", "limit", "timezone", "fill_missing",
        "top", "rank", "share", "compare", "saved",
    ]
    /// Words that only answers say.
    private static let answered: Set<String> = ["compared_with"]

    /// - Parameter saved: gives a query of the dictionary by its name.
    /// - Throws: `DiagnosticList` with everything that is wrong with the request's shape; what `saved` throws.
    init(json: Data, saved: (String) throws -> MetricQuery) throws {
        var reading = JSONReading()
        guard let whole = try? JSONSerialization.jsonObject(with: json) as? [String: Any] else {
            throw DiagnosticList([
                Diagnostic(
                    "malformed-json", "The body is not one JSON object.",
                    remedy: #"Send {"query": {"metrics": ["gmv"]}}."#)
            ])
        }
        reading.refuse(keysOf: whole, except: ["query", "decimals"], of: "the request")
        decimals = reading.number("decimals", in: whole)
        guard let object = whole["query"] as? [String: Any] else {
            reading.missing("query", "an object")
            throw DiagnosticList(reading.problems)
        }
        reading.refuse(keysOf: object, except: LoadRequest.keys.union(LoadRequest.answered), of: "query")
        var query = MetricQuery(metrics: [])
        if let name = reading.text("saved", in: object) { query = try saved(name) }
        if let metrics = reading.texts("metrics", in: object) {
            query.metrics = metrics.map { MetricReference(text: $0) }
        } else if object["saved"] == nil {
            reading.missing("metrics", "a list of names, or saved")
        }
        if let groupBy = reading.texts("group_by", in: object) { query.groupBy = groupBy }
        query.filters += reading.texts("where", in: object) ?? []
        let times = (reading.text("start_time", in: object), reading.text("end_time", in: object))
        if times.0 != nil || times.1 != nil { (query.startTime, query.endTime) = times }
        if let order = reading.texts("order_by", in: object) { query.order = order.map { OrderTerm(text: $0) } }
        query.limit = reading.number("limit", in: object) ?? query.limit
        query.timeZone = reading.text("timezone", in: object) ?? query.timeZone
        query.fillsMissingPeriods = reading.boolean("fill_missing", in: object) ?? query.fillsMissingPeriods
        query.comparison = reading.text("compare", in: object) ?? query.comparison
        query.ranks = (reading.texts("rank", in: object) ?? []).map { RelatedTerm(text: $0) }
        query.shares = (reading.texts("share", in: object) ?? []).map { RelatedTerm(text: $0) }
        query.top = reading.top(in: object)
        guard reading.problems.isEmpty else { throw DiagnosticList(reading.problems) }
        self.query = query
    }
}

extension JSONReading {
    fileprivate mutating func top(in object: [String: Any]) -> TopGroups? {
        guard let top: [String: Any] = value("top", in: object, "an object with count") else { return nil }
        refuse(keysOf: top, except: ["count", "by", "per", "others"], of: "top")
        guard let count = number("count", in: top) else {
            missing("count", "how many groups top shows")
            return nil
        }
        return TopGroups(
            count, by: text("by", in: top), per: texts("per", in: top) ?? [],
            showsOthers: boolean("others", in: top) ?? false)
    }
}
