import CaliberFeatures
import CaliberTesting

/// The features of `FeatureWorld` in SQL: every fact is joined with every later moment and looked at anew.
struct AsOfOracle {
    private let duckDB: DuckDBOracle

    init(_ events: [LoggedEvent]) throws {
        let duckDB = try DuckDBOracle()
        self.duckDB = duckDB
        var rows: [[DuckDBOracle.Value]] = []
        for (index, event) in events.enumerated() {
            var row: [DuckDBOracle.Value] = [
                .integer(Int64(index + 1)), .text("o\(event.order)"), .text(event.contract), .integer(event.time),
                event.recordedAt.map { .integer($0) } ?? .null,
            ]
            switch event.content {
            case .order(let buyer, let channel, let sku, let amountMinor, let weight):
                row += [
                    .text("b\(buyer)"), .text(channel), sku.map { .text($0) } ?? .null, .integer(amountMinor),
                    weight.map { .number($0) } ?? .null, .null, .null, .null,
                ]
            case .payment(let succeeded, let amountMinor, let at):
                row += [
                    .null, .null, .null, .integer(amountMinor), .null, .boolean(!succeeded), .integer(at), .null,
                ]
            case .shipment(let carrier): row += [.null, .null, .null, .null, .null, .null, .null, .text(carrier)]
            case .refund(let amountMinor):
                row += [.null, .null, .null, .integer(amountMinor), .null, .null, .null, .null]
            }
            rows.append(row)
        }
        try duckDB.load(
            "raw",
            columns: [
                ("seq", "BIGINT"), ("order_id", "VARCHAR"), ("contract", "VARCHAR"), ("time", "BIGINT"),
                ("recorded", "BIGINT"), ("buyer", "VARCHAR"), ("channel", "VARCHAR"), ("sku", "VARCHAR"),
                ("amount", "BIGINT"), ("weight", "DOUBLE"), ("failed", "BOOLEAN"), ("called_back", "BIGINT"),
                ("carrier", "VARCHAR"),
            ], rows: rows)
        for statement in AsOfOracle.views { _ = try duckDB.query(statement) }
    }

    /// The clock, the moments, and the facts with the place in the log at which each entity of theirs is known.
    private static let views = [
        """
        CREATE TABLE e AS SELECT *, max(coalesce(recorded, time)) OVER (ORDER BY seq) AS now FROM raw
        """,
        "CREATE TABLE created AS SELECT * FROM e WHERE contract = 'order.created'",
        """
        CREATE TABLE m AS SELECT seq, order_id, now FROM e
        WHERE contract = 'payment.callback' AND NOT failed OR contract = 'shipment.created'
        """,
        """
        CREATE TABLE own AS SELECT m.*, c.seq IS NOT NULL AS known, c.buyer, c.channel, c.amount, c.time AS placed,
            (SELECT arg_max(s.carrier, s.time) FROM e s WHERE s.contract = 'shipment.created'
             AND s.order_id = m.order_id AND s.seq <= m.seq) AS carrier
        FROM m LEFT JOIN created c ON c.order_id = m.order_id AND c.seq <= m.seq
        """,
        """
        CREATE TABLE f0 AS
        SELECT 'order' AS fact, seq, order_id, time AS t, amount, sku, round(weight * 1e6) AS weight, NULL AS failed,
            NULL::DOUBLE AS part FROM created
        UNION ALL SELECT 'payment', seq, order_id, called_back, NULL, NULL, NULL, failed, NULL FROM e
        WHERE contract = 'payment.callback'
        UNION ALL SELECT 'failure', seq, order_id, called_back, NULL, NULL, NULL, NULL, NULL FROM e
        WHERE contract = 'payment.callback' AND failed
        UNION ALL SELECT 'refund', r.seq, r.order_id, r.time, NULL, NULL, NULL, NULL,
            round(r.amount / c.amount * 1e6) FROM e r
        LEFT JOIN created c ON c.order_id = r.order_id AND c.seq <= r.seq WHERE r.contract = 'refund.settled'
        """,
        // A fact that becomes an entity's only after it has left all windows counts no more.
        """
        CREATE TABLE f AS SELECT f0.*, x.entity, x.key, x.known_seq FROM f0 JOIN (
            SELECT order_id, seq AS known_seq, now AS known_now, 'buyer' AS entity, buyer AS key FROM created
            UNION ALL SELECT order_id, seq, now, 'channel', channel FROM created
            UNION ALL SELECT order_id, seq, now, 'carrier', carrier FROM e WHERE contract = 'shipment.created'
        ) x USING (order_id)
        WHERE x.known_seq <= f0.seq OR f0.t > x.known_now - 7 * 86400000000::BIGINT
        """,
    ]

    func values(_ sql: String) throws -> [Int64: Double?] {
        var values: [Int64: Double?] = [:]
        for row in try duckDB.query(sql).rows {
            guard case .integer(let position) = row[0] else { continue }
            switch row[1] {
            case .number(let value): values[position] = .some(value)
            case .integer(let value): values[position] = .some(Double(value))
            case .boolean(let value): values[position] = .some(value ? 1 : 0)
            default: values[position] = .some(nil)
            }
        }
        return values
    }

    /// - Returns: a query of position and value; nil for a feature that has none.
    func sql(of feature: String) -> String? {
        own(feature).map { "SELECT seq, \($0) FROM own" } ?? history(feature)
    }

    private func own(_ feature: String) -> String? {
        let payments =
            "FROM e p WHERE p.contract = 'payment.callback' AND p.order_id = own.order_id AND p.seq <= own.seq"
        switch feature {
        case "amount": return "amount / 100.0"
        case "amount_log": return "ln(1 + amount / 100.0)"
        case "left":
            return """
                (SELECT sum(amount) \(payments) AND NOT failed) / 100.0 - coalesce((SELECT sum(r.amount) FROM e r
                WHERE r.contract = 'refund.settled' AND r.order_id = own.order_id AND r.seq <= own.seq), 0) / 100.0
                """
        case "tries": return "(SELECT nullif(count(*), 0) \(payments))"
        case "wait": return "(now - placed) / 3.6e9"
        case "is_douyin": return "channel = 'douyin'"
        case "is_tmall": return "channel = 'tmall'"
        default: return nil
        }
    }

    private static let lengths = ["10m": 600, "1h": 3600, "24h": 86_400, "7d": 604_800]

    private func history(_ feature: String) -> String? {
        let parts = feature.split(separator: "_").map(String.init)
        guard let entity = parts.first, let last = parts.last else { return nil }
        let window = AsOfOracle.lengths[last]
        switch parts.dropFirst().first {
        case "order" where parts[2] == "surge":
            return """
                WITH \(facts("order", entity, 604_800)), w AS (SELECT seq, count(t) FILTER (t > now - \(window ?? 0) * 1000000::BIGINT) AS n,
                    count(t) AS b, any_value(now) AS now FROM j GROUP BY seq),
                a AS (SELECT seq, min(t) AS first FROM (\(join("order", entity, nil))) GROUP BY seq)
                SELECT w.seq, CASE WHEN b > 0 THEN (n - x) / sqrt(x) END FROM (SELECT w.*, b * \(window ?? 0) * 1e6
                    / greatest(\(window ?? 0) * 1e6, least(604800 * 1e6, now - first)) AS x FROM w JOIN a USING (seq)) w
                """
        case "order", "payment", "refund": return aggregate("count(t)", parts[1], entity, window)
        case "sku": return aggregate("count(DISTINCT sku)", "order", entity, window)
        case "failed": return aggregate("avg(failed::INT)", "payment", entity, window)
        case "part": return aggregate("avg(part) / 1e6", "refund", entity, 604_800)
        case "since", "age":
            let others = parts[1] == "since" ? "max(t) FILTER (j.f_order <> j.order_id)" : "min(t)"
            return aggregate("(any_value(now) - \(others)) / 3.6e9", "order", entity, nil)
        case "weight": return aggregate("avg(weight) / 1e6", "order", entity, window)
        case "failure":
            return """
                WITH x AS (\(aggregate("count(t)", "failure", entity, window))),
                y AS (\(aggregate("count(t)", "order", entity, window)))
                SELECT x.seq, CASE WHEN y.value > 0 THEN x.value / y.value::DOUBLE END FROM x JOIN y USING (seq)
                """
        case "amount": return amount(parts, entity, window)
        default: return nil
        }
    }

    private func amount(_ parts: [String], _ entity: String, _ window: Int?) -> String? {
        switch parts[2] {
        // Nothing there is a sum of nothing.
        case "sum": return aggregate("coalesce(sum(amount), 0) / 100.0", "order", entity, window)
        case "max": return aggregate("max(amount) / 100.0", "order", entity, window)
        case "zscore":
            let short = "FILTER (t > now - \(window ?? 0) * 1000000::BIGINT)"
            return """
                WITH \(facts("order", entity, 604_800)), w AS (SELECT seq, count(amount) \(short) AS n, avg(amount) \(short) AS s,
                    avg(amount) AS b, stddev_samp(amount) AS d FROM j GROUP BY seq)
                SELECT seq, CASE WHEN n > 0 AND d > 0 THEN (s - b) / (d / sqrt(n)) END FROM w
                """
        case "deviation":
            return """
                WITH x AS (\(aggregate("avg(amount)", "order", entity, 86_400))),
                y AS (\(aggregate("stddev_samp(amount)", "order", entity, 86_400)))
                SELECT x.seq, CASE WHEN y.value > 0 THEN (own.amount - x.value) / y.value END
                FROM x JOIN y USING (seq) JOIN own USING (seq)
                """
        default: return nil
        }
    }

    /// Every moment with the facts of its entity; one row without a fact where there is none.
    private func join(_ fact: String, _ entity: String, _ seconds: Int?) -> String {
        let window = seconds.map { "AND f.t > own.now - \($0) * 1000000::BIGINT" } ?? ""
        return """
            SELECT own.seq, own.now, own.order_id, own.\(entity) AS key, f.order_id AS f_order, f.t, f.amount, f.sku,
                f.weight, f.failed, f.part
            FROM own LEFT JOIN f ON f.fact = '\(fact)' AND f.entity = '\(entity)' AND f.key = own.\(entity)
                AND f.seq <= own.seq AND f.known_seq <= own.seq AND f.t <= own.now \(window)
            """
    }

    private func facts(_ fact: String, _ entity: String, _ seconds: Int?) -> String {
        "j AS (\(join(fact, entity, seconds)))"
    }

    private func aggregate(
        _ figure: String, _ fact: String, _ entity: String, _ seconds: Int?
    ) -> String {
        """
        WITH \(facts(fact, entity, seconds))
        SELECT seq, CASE WHEN any_value(key) IS NOT NULL THEN \(figure) END AS value FROM j GROUP BY seq
        """
    }
}
