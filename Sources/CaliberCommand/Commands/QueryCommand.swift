import ArgumentParser
import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberQuery
import Foundation

struct QueryCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Ask for metrics by their definitions.",
        discussion: """
            Group by dimensions (`channel`, `product__category`) and by time (`metric_time__day`, `paid_at__month`; \
            hour, day, week, month, quarter, year). A filter is a condition over the same names: \
            --where "channel = 'douyin' and paid >= 100.00".

            Examples:
              caliber query --metrics gmv,orders_paid --group-by metric_time__day
              caliber query --metrics gmv@1 --group-by channel --start-time 2026-03-01
              caliber query --metrics gmv --group-by metric_time__day,channel --format plot
              caliber query --metrics gmv,buyers --group-by province --top 5 --others --share gmv
              caliber query --metrics gmv --group-by metric_time__month --compare prior_year
              caliber query --metrics gmv --group-by metric_time__season --compare prior_year
              caliber query --saved channel_month --format json
            """)

    @OptionGroup var deployment: DeploymentOptions

    @Option(help: ArgumentHelp("Names or ids, by comma; a version as gmv@2.", valueName: "names"))
    var metrics: String?

    @Option(
        help: ArgumentHelp(
            "A query of the dictionary; options beside it take the place of its own, conditions add.", valueName: "name"
        ))
    var saved: String?

    @Option(
        name: .customLong("group-by"),
        help: ArgumentHelp(
            "Dimensions, by comma; repeatable. Times take a grain: metric_time__week, or a calendar's: "
                + "metric_time__fiscal_week.", valueName: "names"))
    var groupBy: [String] = []

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp("A condition; repeatable, all must hold.", valueName: "condition"))
    var filters: [String] = []

    @Option(name: .customLong("start-time"), help: ArgumentHelp("First day or moment, ISO 8601.", valueName: "time"))
    var startTime: String?

    @Option(
        name: .customLong("end-time"), help: ArgumentHelp("Last day or moment, inclusive, ISO 8601.", valueName: "time")
    )
    var endTime: String?

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Columns of the answer, by comma; -name for descending.", valueName: "names"))
    var order: [String] = []

    @Option(help: "At most so many rows.") var limit: Int?

    @OptionGroup(title: "Groups in relation to each other") var relations: RelationOptions

    @Option(name: .customLong("time-zone"), help: "Zone that days are days of; the dictionary's otherwise.")
    var timeZone: String?

    @Flag(name: .customLong("fill-missing"), help: "Show periods without rows.") var fillMissing = false

    @Option(
        help: ArgumentHelp(
            "Put every figure beside an earlier time's: prior_period, prior_year, 7d, '1 month', '1 fiscal_year'.",
            valueName: "time"))
    var compare: String?

    @Option(help: "Decimals of quotients and floats; money is always exact.") var decimals: Int?

    @Option(help: "How the answer is written.") var format: QueryFormat = .table

    @Flag(help: "Print the plan, with the equivalent SQL, instead of the answer.") var explain = false

    @Flag(help: "Exit with 3 when the answer is older than its update frequency allows.") var fresh = false

    @Flag(name: .customLong("no-cache"), help: "Read every segment, whatever queries before have gathered.")
    var noCache = false

    @Flag(name: .customLong("no-pruning"), help: "Read segments and rows that can't count as well.")
    var noPruning = false

    @Option(help: "Threads that read segments at once; one a core otherwise.") var threads: Int?

    func validate() throws {
        if metrics == nil, saved == nil {
            throw ValidationError("Name metrics with --metrics, or a query of the dictionary with --saved.")
        }
        if let threads, threads < 1 { throw ValidationError("--threads must be at least 1; it was \(threads).") }
    }

    func perform() throws {
        let engine = try deployment.openEngine()
        let query = try query(engine)
        let session = try engine.session(
            options: QueryOptions(
                parallelism: threads ?? engine.queryParallelism, usesCache: !noCache, prunes: !noPruning))
        if explain {
            Output.data(try session.explain(query))
            return
        }
        let answer = try session.answer(query)
        Output.data(try render(answer, engine))
        if format == .table || format == .plot { Output.note(provenance(of: answer)) }
        for warning in answer.warnings { Output.note(warning.description) }
        if answer.rows.isEmpty { Output.note(try reasonForNoRows(engine)) }
        engine.keepPartialResults()
        if answer.isStale, fresh { throw needsAttention() }
    }

    private func query(_ engine: Engine) throws -> MetricQuery {
        var query = try saved.map { try engine.query(saved: $0) } ?? MetricQuery(metrics: [])
        if let metrics { query.metrics = names([metrics]).map { MetricReference(text: $0) } }
        if !groupBy.isEmpty { query.groupBy = names(groupBy) }
        query.filters += filters
        if startTime != nil || endTime != nil { (query.startTime, query.endTime) = (startTime, endTime) }
        if !order.isEmpty { query.order = names(order).map { OrderTerm(text: $0) } }
        query.limit = limit ?? query.limit
        query.timeZone = timeZone ?? query.timeZone
        query.fillsMissingPeriods = fillMissing || query.fillsMissingPeriods
        query.comparison = compare ?? query.comparison
        query.top = try relations.topGroups()
        query.ranks = relations.rank.map { RelatedTerm(text: $0) }
        query.shares = relations.share.map { RelatedTerm(text: $0) }
        return query
    }

    private func render(_ answer: QueryAnswer, _ engine: Engine) throws -> String {
        switch format {
        case .table: return answer.render(as: .table, decimals: decimals ?? QueryFormat.tableDecimals)
        case .csv: return answer.render(as: .csv, decimals: decimals)
        case .json: return answer.render(as: .json, decimals: decimals)
        case .ndjson: return answer.render(as: .ndjson, decimals: decimals)
        case .plot:
            let metric = answer.metrics.first.flatMap { engine.dictionary.metric(named: $0.id, version: $0.version) }
            return try AnswerPlot(answer, isAdditive: metric?.isAdditive ?? false).text
        }
    }

    private func reasonForNoRows(_ engine: Engine) throws -> String {
        try engine.position == .start
            ? "There are no events yet. Next: caliber ingest FILE" : "No rows match."
    }

    private func names(_ lists: [String]) -> [String] {
        lists.flatMap { $0.split(separator: ",") }.map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
    }

    /// One line a metric: which definition the figure was counted by.
    private func provenance(of answer: QueryAnswer) -> String {
        answer.metrics.map { metric in
            var words = ["\(metric.name)@\(metric.version)", metric.id, String(metric.definitionHash.prefix(19))]
            words.append(metric.status.rawValue)
            words.append(metric.owner)
            if !metric.anchors.isEmpty { words.append("counted at \(metric.anchors.joined(separator: ", "))") }
            if let filter = metric.filter { words.append("where \(filter)") }
            if metric.isStale {
                let newest = metric.latestMoment.map { answer.zone.date(of: $0).description } ?? "none"
                words.append("STALE: newest row \(newest)")
            }
            return "  " + words.joined(separator: " · ")
        }.joined(separator: "\n")
    }
}

enum QueryFormat: String, ExpressibleByArgument, CaseIterable {
    case table, csv, json, ndjson, plot

    /// Enough for people; the other formats give all that there is.
    static let tableDecimals = 4
}
