import CaliberRegression

/// What can be changed about one feature of an order, and how much log-odds each change takes away.
struct Move {
    let id: String
    /// Nil for a value that is missing, and for a category.
    let from: Double?
    let fromLevel: String?
    let unit: String?
    private let kind: Kind

    /// One change.
    struct Step {
        /// Raw log-odds taken away.
        let gain: Double
        let to: Double?
        let toLevel: String?
        let deviations: Double
        let isBeyondTraining: Bool
    }

    private enum Kind {
        case number(NumberMove)
        case levels([Step])
    }

    init(
        value: Double, of column: FeatureSchema.Column, term: LogisticModel.Term, contribution: Double,
        observed: ClosedRange<Double>?
    ) {
        id = column.id
        from = value.isFinite ? value : nil
        fromLevel = nil
        unit = column.unit
        kind = .number(
            NumberMove(
                value: value.isFinite ? value : nil, column: column, term: term, contribution: contribution,
                observed: observed))
    }

    init(levels: [Step], of group: String, from level: String?) {
        id = group
        from = nil
        fromLevel = level
        unit = nil
        kind = .levels(levels)
    }

    /// Raw log-odds to come down to: for values that can be set to anything, and for those that move in steps.
    struct Goal {
        let exact: Double
        let rounded: Double
    }

    /// The smallest change that takes the score from one place to the goal or past it; nil where none does.
    func step(from start: Double, to goal: Goal) -> Step? {
        switch kind {
        case .number(let number): number.step(gaining: start - (number.movesInSteps ? goal.rounded : goal.exact))
        case .levels(let steps): steps.filter { $0.gain >= start - goal.rounded }.min { $0.gain < $1.gain }
        }
    }

    /// The change that takes most away; nil where that has no bound.
    var furthest: Step? {
        switch kind {
        case .number(let number): number.furthest
        case .levels(let steps): steps.max { $0.gain < $1.gain }
        }
    }
}

/// Changes of one number.
private struct NumberMove {
    let value: Double?
    let column: FeatureSchema.Column
    let term: LogisticModel.Term
    let contribution: Double
    let observed: ClosedRange<Double>?

    var movesInSteps: Bool { column.step != nil }

    /// Values rise where that lowers the risk.
    private var rises: Bool { term.weight < 0 }

    func step(gaining gain: Double) -> Move.Step? {
        // Where a missing value is the trouble, the mean in its place may be enough.
        let wanted = value == nil ? min(0, contribution - gain) : contribution - gain
        let exact = term.mean + wanted * term.deviation / term.weight
        guard exact.isFinite else { return nil }
        let target = stepped(withinOwnBounds(exact), outwards: true)
        guard isAllowed(target) else { return nil }
        return step(to: target)
    }

    var furthest: Move.Step? {
        guard let bound = rises ? column.maximum : column.minimum else { return nil }
        let target = stepped(bound, outwards: false)
        return isAllowed(target) ? step(to: target) : nil
    }

    /// Nil for values so far out that their distance is no number any more.
    private func step(to target: Double) -> Move.Step? {
        let gain = contribution - term.weight * ((target - term.mean) / term.deviation)
        let deviations = abs(target - (value ?? term.mean)) / term.deviation
        guard gain.isFinite, deviations.isFinite else { return nil }
        return Move.Step(
            gain: gain, to: target, toLevel: nil, deviations: deviations,
            isBeyondTraining: observed.map { !$0.contains(target) } ?? false)
    }

    /// A present value moves from itself; the mean that stands for a missing one may lie outside the bounds.
    private func withinOwnBounds(_ target: Double) -> Double {
        rises ? max(target, column.minimum ?? target) : min(target, column.maximum ?? target)
    }

    /// On the grid of steps: counted from the value, or from the bound or 0 where it is missing.
    private func stepped(_ target: Double, outwards: Bool) -> Double {
        guard let size = column.step else { return target }
        let origin = value ?? column.minimum ?? 0
        let steps = (target - origin) / size
        // A grain of slack, so that rounding does not cost a whole step.
        let slack = 1e-9 * max(1, abs(steps))
        let whole = rises == outwards ? (steps - slack).rounded(.up) : (steps + slack).rounded(.down)
        return origin + whole * size
    }

    private func isAllowed(_ target: Double) -> Bool {
        target >= column.minimum ?? -.infinity && target <= column.maximum ?? .infinity
    }
}
