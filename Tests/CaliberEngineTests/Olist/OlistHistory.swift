import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberRegression
import CaliberScoring
import CaliberTesting
import Foundation

/// The orders again, all files as one history in the order of time, taken in once for all tests.
struct OlistHistory: Sendable {
    let deployment: EngineDeployment
    let oracle: DuckDBOracle
    let outcome: IngestOutcome
    let features: FeatureSetDefinition
    let label: LabelDefinition

    static let shared = Result { try OlistHistory() }

    private init() throws {
        oracle = try OlistOrders.filesInDuckDB()
        deployment = try EngineDeployment(try OlistOrders.dictionary())
        let file = deployment.folder.path("history.ndjson")
        let statement = try String(contentsOf: OlistOrders.testFolder.appending(path: "history.sql"), encoding: .utf8)
        try oracle.query(
            statement.replacingOccurrences(of: "{data}", with: OlistOrders.folder.path)
                .replacingOccurrences(of: "{output}", with: file))
        outcome = try deployment.engine.ingest([.file(file)])
        features = try deployment.engine.featureSet("order_risk")
        label = try deployment.engine.label("bad_order", of: features.table)
    }

    func trainingSet() throws -> TrainingSet {
        try deployment.engine.trainingSet(features, label: label, group: "customer_state")
    }

    func train(_ set: TrainingSet, penalty: Double?) throws -> TrainedModel {
        var settings = TrainingSettings(threads: 2)
        settings.penalty = penalty
        return try deployment.engine.train(
            set, features: features, label: label, name: features.name, version: "1", group: "customer_state",
            settings: settings)
    }

    /// What SQL over the files says of every order that has a training moment, in the order of approval: its key, the
    /// moment in microseconds, whether it went bad, and three histories of it as they were then.
    func approvedOrders() throws -> [[DuckDBOracle.Value]] {
        try oracle.query(
            """
            WITH
              approved AS (
                SELECT order_id, customer_state, seller_id, route, moment(order_approved_at) AS approved_at,
                       moment(order_delivered_customer_date) AS delivered_at,
                       moment(order_estimated_delivery_date) + INTERVAL 1 DAY AS late_from, order_status
                FROM o JOIN c USING (customer_id)
                JOIN (SELECT order_id, seller_id, seller_state || '-' || customer_state AS route
                      FROM (SELECT order_id, first(seller_id ORDER BY order_item_id) AS seller_id
                            FROM i GROUP BY order_id)
                      JOIN s USING (seller_id) JOIN o USING (order_id) JOIN c USING (customer_id)) USING (order_id)
                WHERE order_approved_at IS NOT NULL),
              low AS (SELECT order_id FROM r GROUP BY order_id HAVING min(CAST(review_score AS INTEGER)) <= 2),
              reviewed AS (
                -- Some answers speak of orders that were placed later: until then nobody knows where those go.
                SELECT customer_state, moment(review_answer_timestamp) AS answered_at,
                       moment(order_purchase_timestamp) AS placed_at,
                       CAST(review_score AS INTEGER) <= 2 AS is_low
                FROM r JOIN o USING (order_id) JOIN c USING (customer_id))
            SELECT order_id, epoch_us(approved_at),
                   order_status IN ('canceled', 'unavailable') OR order_id IN (FROM low)
                     OR delivered_at IS NULL OR delivered_at >= late_from,
                   (SELECT avg(CAST(is_low AS INTEGER)) FROM reviewed
                    WHERE reviewed.customer_state = a.customer_state AND placed_at < a.approved_at
                      AND answered_at < a.approved_at AND answered_at > a.approved_at - INTERVAL 90 DAY),
                   (SELECT avg(CAST(b.delivered_at >= b.late_from AS INTEGER)) FROM approved b
                    WHERE b.route = a.route AND b.delivered_at < a.approved_at
                      AND b.delivered_at > a.approved_at - INTERVAL 90 DAY),
                   (SELECT avg(CAST(b.delivered_at >= b.late_from AS INTEGER)) FROM approved b
                    WHERE b.seller_id = a.seller_id AND b.delivered_at < a.approved_at)
            FROM approved a
            ORDER BY approved_at, order_id
            """
        ).rows
    }

    static let comparedFeatures = ["state_low_reviews_90d", "route_late_share_90d", "seller_late_share_ever"]

    static let maturityMicroseconds: Int64 = 60 * 86_400_000_000
}

extension TrainingSet {
    /// The rows that a training with the usual shares learns from, as it prepares them.
    func preparedTrainingRows() throws -> (preparation: DesignPreparation, matrix: DesignMatrix, labels: [Bool]) {
        let raw = matrix.rows(try TrainingRowsOfTime(self).training)
        let preparation = try DesignPreparation(learningFrom: raw)
        let prepared = DesignMatrix(rowCount: raw.rowCount, columnCount: preparation.preparedColumnCount)
        for row in 0..<raw.rowCount {
            preparation.prepare(row: UnsafeBufferPointer(raw.row(row)), into: prepared.row(row))
        }
        return (preparation, prepared, Array(labels[0..<raw.rowCount]))
    }
}

/// The first seven tenths of the rows, and the last two: where the cuts fall between rows of different moments.
struct TrainingRowsOfTime {
    let training: Range<Int>
    let heldOut: Range<Int>

    init(_ set: TrainingSet) throws {
        let cuts = [0.7, 0.8].map { Int((Double(set.labels.count) * $0).rounded()) }
        for cut in cuts where set.moments[cut] == set.moments[cut - 1] {
            throw CaseProblem("row \(cut)", "is of the same moment as the one before")
        }
        training = 0..<cuts[0]
        heldOut = cuts[1]..<set.labels.count
    }
}
