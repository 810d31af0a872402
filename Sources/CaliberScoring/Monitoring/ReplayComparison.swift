import CaliberRegression

/// A decision that was taken, with what came of the order where that is known.
public struct PastDecision: Codable, Hashable, Sendable {
    public var orderID: String
    public var health: Health
    public var wasFlagged: Bool
    /// Nil while the label has not matured.
    public var wentBad: Bool?
    /// In the minor unit of the order's currency.
    public var amountMinor: Int64?
    /// Reason → hundredths of health.
    public var points: [String: Int]

    public init(
        orderID: String, health: Health, wasFlagged: Bool, wentBad: Bool? = nil, amountMinor: Int64? = nil,
        points: [String: Int] = [:]
    ) {
        self.orderID = orderID
        self.health = health
        self.wasFlagged = wasFlagged
        self.wentBad = wentBad
        self.amountMinor = amountMinor
        self.points = points
    }
}

/// What a candidate model says of the same order.
public struct CandidateScore: Codable, Hashable, Sendable {
    public var orderID: String
    public var health: Health
    public var points: [String: Int]

    public init(orderID: String, health: Health, points: [String: Int] = [:]) {
        self.orderID = orderID
        self.health = health
        self.points = points
    }
}

/// Past decisions under a candidate model: who changes sides, with what outcome, and why.
public struct ReplayComparison: Codable, Hashable, Sendable {
    public static let orderLimit = 50
    public static let reasonLimit = 10

    /// Orders that both have.
    public var orderCount: Int
    public var withoutCandidate: Int
    public var withoutDecision: Int
    /// Flagged before and now, in neither, by the candidate only, before only.
    public var flaggedInBoth: Outcomes
    public var flaggedInNone: Outcomes
    public var newlyFlagged: Outcomes
    public var released: Outcomes
    public var before: Side
    public var after: Side
    /// Of all orders, in points.
    public var meanHealthChange: Double?
    /// What moved most in orders that changed sides, the largest moves first.
    public var reasonMoves: [ReasonMove]
    /// Orders that changed sides, the largest changes of health first, at most `orderLimit`.
    public var changes: [OrderChange]

    public struct Outcomes: Codable, Hashable, Sendable {
        public var bad = 0
        public var good = 0
        public var unknown = 0
        /// Of orders that carry an amount; a sum that does not fit stays at the largest number.
        public var amountMinor: Int64 = 0

        public var count: Int { bad + good + unknown }

        mutating func add(_ decision: PastDecision) {
            switch decision.wentBad {
            case true?: bad += 1
            case false?: good += 1
            case nil: unknown += 1
            }
            let (sum, overflows) = amountMinor.addingReportingOverflow(decision.amountMinor ?? 0)
            amountMinor = overflows ? .max : sum
        }
    }

    /// How one of the two does on the orders whose outcome is known.
    public struct Side: Codable, Hashable, Sendable {
        public var flaggedCount: Int
        public var flaggedPerDay: Double?
        public var recall: Double?
        public var precision: Double?
    }

    public struct ReasonMove: Codable, Hashable, Sendable {
        public var id: String
        /// Hundredths, summed over newly flagged orders and over released ones.
        public var newlyFlaggedPoints: Int
        public var releasedPoints: Int
        public var orderCount: Int
    }

    public struct OrderChange: Codable, Hashable, Sendable {
        public var orderID: String
        public var before: Health
        public var after: Health
        public var isFlagged: Bool
        public var wentBad: Bool?
        public var amountMinor: Int64?
        /// Reason → change in hundredths, the three that moved most.
        public var moves: [Move]

        public struct Move: Codable, Hashable, Sendable {
            public var id: String
            public var points: Int
        }
    }

    /// - Parameters:
    ///   - decisions: one an order; the last of several counts.
    ///   - days: the span's length; gives reviews a day.
    public init(decisions: [PastDecision], candidate: [CandidateScore], days: Double? = nil) {
        let scores = Dictionary(candidate.map { ($0.orderID, $0) }, uniquingKeysWith: { _, last in last })
        let latest = Dictionary(decisions.map { ($0.orderID, $0) }, uniquingKeysWith: { _, last in last })
        let pairs = latest.values.compactMap { decision in scores[decision.orderID].map { (decision, $0) } }
            .sorted { $0.0.orderID < $1.0.orderID }
        orderCount = pairs.count
        withoutCandidate = latest.count - pairs.count
        withoutDecision = scores.count - pairs.count
        (flaggedInBoth, flaggedInNone, newlyFlagged, released) = (Outcomes(), Outcomes(), Outcomes(), Outcomes())
        var healthChange = 0
        for (decision, score) in pairs {
            healthChange += score.health.hundredths - decision.health.hundredths
            switch (decision.wasFlagged, score.health.needsReview) {
            case (true, true): flaggedInBoth.add(decision)
            case (false, false): flaggedInNone.add(decision)
            case (false, true): newlyFlagged.add(decision)
            case (true, false): released.add(decision)
            }
        }
        meanHealthChange = pairs.isEmpty ? nil : Double(healthChange) / 100 / Double(pairs.count)
        let bad = [flaggedInBoth, flaggedInNone, newlyFlagged, released].reduce(0) { $0 + $1.bad }
        before = Side([flaggedInBoth, released], bad: bad, days: days)
        after = Side([flaggedInBoth, newlyFlagged], bad: bad, days: days)
        let changed = pairs.filter { $0.0.wasFlagged != $0.1.health.needsReview }
        reasonMoves = ReplayComparison.reasonMoves(changed)
        changes = ReplayComparison.changes(changed)
    }

    private static func difference(_ decision: PastDecision, _ score: CandidateScore) -> [String: Int] {
        score.points.merging(decision.points.mapValues { -$0 }) { $0 &+ $1 }.filter { $0.value != 0 }
    }

    private static func reasonMoves(_ pairs: [(PastDecision, CandidateScore)]) -> [ReasonMove] {
        var moves: [String: ReasonMove] = [:]
        for (decision, score) in pairs {
            for (id, points) in difference(decision, score) {
                var move = moves[id] ?? ReasonMove(id: id, newlyFlaggedPoints: 0, releasedPoints: 0, orderCount: 0)
                if decision.wasFlagged { move.releasedPoints &+= points } else { move.newlyFlaggedPoints &+= points }
                move.orderCount += 1
                moves[id] = move
            }
        }
        func size(_ move: ReasonMove) -> UInt {
            move.newlyFlaggedPoints.magnitude &+ move.releasedPoints.magnitude
        }
        return Array(
            moves.values.sorted { size($0) != size($1) ? size($0) > size($1) : $0.id < $1.id }.prefix(reasonLimit))
    }

    private static func changes(_ pairs: [(PastDecision, CandidateScore)]) -> [OrderChange] {
        func size(_ pair: (PastDecision, CandidateScore)) -> Int {
            abs(pair.1.health.hundredths - pair.0.health.hundredths)
        }
        return pairs.sorted { size($0) != size($1) ? size($0) > size($1) : $0.0.orderID < $1.0.orderID }
            .prefix(orderLimit).map { decision, score in
                let moves = difference(decision, score).map { OrderChange.Move(id: $0.key, points: $0.value) }
                    .sorted {
                        $0.points.magnitude != $1.points.magnitude
                            ? $0.points.magnitude > $1.points.magnitude : $0.id < $1.id
                    }
                return OrderChange(
                    orderID: decision.orderID, before: decision.health, after: score.health,
                    isFlagged: score.health.needsReview, wentBad: decision.wentBad,
                    amountMinor: decision.amountMinor, moves: Array(moves.prefix(3)))
            }
    }
}

extension ReplayComparison.Side {
    fileprivate init(_ flagged: [ReplayComparison.Outcomes], bad: Int, days: Double?) {
        let caught = flagged.reduce(0) { $0 + $1.bad }
        let known = flagged.reduce(caught) { $0 + $1.good }
        flaggedCount = flagged.reduce(0) { $0 + $1.count }
        flaggedPerDay = days.flatMap { [flaggedCount] in $0 > 0 ? Double(flaggedCount) / $0 : nil }
        recall = bad > 0 ? Double(caught) / Double(bad) : nil
        precision = known > 0 ? Double(caught) / Double(known) : nil
    }
}
