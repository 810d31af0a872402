import CaliberCore
import CaliberEventLog
import CaliberFeatures
import CaliberScoring

/// Scores as events: lines of CloudEvents that any intake takes, once each, however often they are written.
struct ScoreLines {
    private var lines = EventText()
    private(set) var count = 0
    private(set) var reviewCount = 0
    private let scorer: Scorer
    private let model: String
    private let momentNames: [String]
    /// Of the score that is being written; empty for one that needs none.
    private var explanation: [UInt8] = []

    /// The contract that the dictionary must declare.
    static let contract = "order.scored"

    init(scorer: Scorer, model: String, momentNames: [String]) {
        self.scorer = scorer
        self.model = model
        self.momentNames = momentNames
    }

    /// What waits to be taken in is taken in when it has grown to this.
    static let greatestWaitingByteCount = 8 << 20

    var waitingByteCount: Int { lines.byteCount }

    /// - Parameters:
    ///   - scored: moments up to there have their scores already, and are counted.
    ///   - drift: where rows are counted beside the model's training.
    mutating func add(_ block: FeatureBlock, after scored: Int64, drift: inout DailyDrift?) {
        for (index, moment) in block.moments.enumerated() where moment.position.sequence > scored {
            let values = block.values(of: index)
            let logOdds = scorer.rawLogOdds(values)
            let health = scorer.health(rawLogOdds: logOdds)
            let probability = scorer.probability(rawLogOdds: logOdds)
            drift?.take(moment, values, probability: probability)
            explanation.removeAll(keepingCapacity: true)
            if health.needsReview {
                reviewCount += 1
                scorer.explain(Array(values), rawLogOdds: logOdds).appendJSON(to: &explanation)
            }
            append(key: block.key(of: index), moment, health: health, probability: probability)
            count += 1
        }
    }

    private mutating func append(
        key: String, _ moment: FeatureBlock.Moment, health: Health, probability: Double
    ) {
        text(#"{"specversion":"1.0","id":""#)
        escaped("\(model)-\(moment.position.sequence)")
        text(#"","source":"caliber/scoring","type":"order.scored","time":""#)
        text(ScoreLines.time(of: moment).description)
        text(#"","data":{"order_id":""#)
        escaped(key)
        text(#"","health":"#)
        text(HealthPoints.text(hundredths: health.hundredths))
        text(#","probability":"#)
        text("\(probability)")
        text(health.needsReview ? #","needs_review":true,"moment":""# : #","needs_review":false,"moment":""#)
        escaped(momentNames[moment.moment])
        text(#"","model":""#)
        escaped(model)
        if !explanation.isEmpty {
            text(#"","explanation":""#)
            explanation.withUnsafeBufferPointer { lines.appendEscaped($0) }
        }
        text("\"}}\n")
    }

    private mutating func text(_ text: String) { lines.append(text) }

    private mutating func escaped(_ text: String) { lines.appendEscaped(text) }

    /// A moment's millisecond, and within it the place in the log: scores of one order never share a time.
    private static func time(of moment: FeatureBlock.Moment) -> Timestamp {
        let millisecond = moment.now - moment.now % 1000
        return Timestamp(microseconds: millisecond + moment.position.sequence % 1000)
    }

    mutating func takeBytes<Result>(_ body: ([UInt8]) throws -> Result) rethrows -> Result {
        try lines.takeBytes(body)
    }
}
