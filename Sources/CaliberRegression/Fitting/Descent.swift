import Foundation

/// The way of a point to the least loss of some rows.
///
/// Directions are quasi-Newton steps in the metric of a factored Hessian, which is kept as long as steps shrink fast: a
/// step then costs one reading of the rows. The Hessian is formed anew when they don't, or at each step where that is
/// cheap.
struct Descent {
    /// When the descent ends, and how it steps.
    struct Plan {
        var stage: FittingProgress.Stage
        /// In standard errors of the coefficients together: √(gᵀH⁻¹g).
        var goal: Double
        /// While the distance is above, the Hessian is formed at every step; nil: only when steps don't shrink.
        var formsHessianAbove: Double?
        /// Whether the Hessian near the optimum is wanted, and what counts as near.
        var finalHessianBelow: Double?
        /// Steps after which it ends in any case, wherever it is.
        var stepLimit = Int.max
        var passLimit: Int
    }

    /// A kept metric is given up when a step brings the distance down by less than this.
    private static let leastContraction = 3.0

    let loss: LogisticLoss
    let plan: Plan
    let watch: FittingWatch
    private(set) var point: [Double]
    private(set) var value: LogisticLoss.Value
    private(set) var metric: CholeskyFactor?
    /// The Hessian near the optimum and the point it was formed at; nil when the plan wants none.
    private(set) var final: (curvature: LogisticLoss.Curvature, scales: [Double], point: [Double])?
    private(set) var distance = Double.infinity
    private var firstDistance = Double.infinity
    private(set) var hessianCount = 0
    private(set) var passCount = 0
    private(set) var stepCount = 0
    private(set) var stoppedEarly = false
    private var memory = StepMemory()
    private var pointOfMetric: [Double]?

    init(
        _ loss: LogisticLoss, from point: [Double], metric: CholeskyFactor?, plan: Plan, watch: FittingWatch
    ) throws(FittingError) {
        self.loss = loss
        self.point = point
        self.metric = metric
        self.plan = plan
        self.watch = watch
        value = LogisticLoss.Value(objective: .infinity, gradient: [], leastMargin: -.infinity)
        if metric != nil {
            value = try evaluated(point)
            // A loss that is no number, at a point that is one, comes from the rows.
            guard value.objective.isFinite else { throw loss.problemOfRows() }
        }
    }

    mutating func run() throws(FittingError) {
        var previous = Double.infinity
        var stalls = 0
        while true {
            if plan.stage == .allRows, loss.settings.penalty == 0, value.leastMargin > 0, !value.gradient.isEmpty {
                throw .separated(isComplete: true)
            }
            distance = metric?.inverseNorm(value.gradient) ?? .infinity
            if wantsHessian(previous: previous) {
                try formHessian()
                distance = metric?.inverseNorm(value.gradient) ?? .infinity
            } else if distance > previous / Descent.leastContraction {
                stalls += 1
            }
            if distance <= plan.goal, plan.finalHessianBelow == nil || final != nil { return }
            if stepCount >= plan.stepLimit { return }
            // With a metric as good as it gets, steps that shrink no more have met the precision of numbers.
            if passCount >= plan.passLimit || (stalls >= 6 && distance < 1e-2) { return stop() }
            if firstDistance.isInfinite { firstDistance = distance }
            previous = distance
            guard try step() else {
                if pointOfMetric == point { return stop() }
                try formHessian()
                continue
            }
        }
    }

    private mutating func stop() { stoppedEarly = true }

    private func wantsHessian(previous: Double) -> Bool {
        guard metric != nil else { return true }
        if pointOfMetric == point { return false }
        if let below = plan.finalHessianBelow, final == nil, distance <= below { return true }
        if let above = plan.formsHessianAbove { return distance > above }
        return distance > previous / Descent.leastContraction && distance > plan.goal
    }

    // MARK: - Steps

    /// Steps downhill; false when no step does.
    private mutating func step() throws(FittingError) -> Bool {
        guard let metric else { return false }
        var direction = memory.direction(value.gradient, metric: metric)
        var slope = dot(direction, value.gradient)
        if !(slope < 0) {
            memory.clear()
            direction = memory.direction(value.gradient, metric: metric)
            slope = dot(direction, value.gradient)
        }
        guard slope < 0, slope.isFinite else { return false }
        var length = 1.0
        for _ in 0..<40 {
            var trial = point
            add(length, direction, to: &trial)
            let reached = try evaluated(trial)
            if isDownhill(reached, along: direction, length: length, slope: slope) {
                var change = reached.gradient
                add(-1, value.gradient, to: &change)
                memory.keep(step: direction.map { $0 * length }, change: change)
                (point, value) = (trial, reached)
                stepCount += 1
                return true
            }
            // Where a parabola through what is known has its least value.
            let excess = reached.objective - value.objective - length * slope
            let least = -slope * length * length / (2 * excess)
            length = least.isFinite ? min(max(least, 0.1 * length), 0.5 * length) : 0.1 * length
        }
        return false
    }

    /// Armijo's condition; where the decrease drowns in rounding, the slope has to shrink instead.
    ///
    /// Source: Hager, Zhang, A new conjugate gradient method with guaranteed descent, SIAM J. Optim. 16 (2005), section 4
    /// (approximate Wolfe conditions).
    private func isDownhill(
        _ reached: LogisticLoss.Value, along direction: [Double], length: Double, slope: Double
    ) -> Bool {
        guard reached.objective.isFinite else { return false }
        if reached.objective <= value.objective + 1e-4 * length * slope { return true }
        let rounding = 1e-13 * abs(value.objective)
        return reached.objective <= value.objective + rounding
            && abs(dot(reached.gradient, direction)) <= 0.9 * abs(slope)
    }

    private mutating func evaluated(_ point: [Double]) throws(FittingError) -> LogisticLoss.Value {
        let started = watch.now
        let value = try loss.value(at: point)
        passCount += 1
        report(value, since: started, formsCrossProducts: false)
        return value
    }

    private mutating func formHessian() throws(FittingError) {
        let started = watch.now
        let scales = metric?.scales ?? [Double](repeating: 1, count: loss.dimension)
        let curvature = try loss.curvature(at: point, inverseScales: scales)
        guard curvature.value.objective.isFinite else { throw loss.problemOfRows() }
        value = curvature.value
        metric = CholeskyFactor(
            curvature.hessian, dimension: loss.dimension, dropsDependent: loss.squarePenalty == 0)
        pointOfMetric = point
        memory.clear()
        hessianCount += 1
        passCount += 1
        report(value, since: started, formsCrossProducts: true)
        if let below = plan.finalHessianBelow, let metric, metric.inverseNorm(value.gradient) <= 2 * below {
            final = (curvature, scales, point)
        }
    }

    private func report(_ value: LogisticLoss.Value, since started: Double, formsCrossProducts: Bool) {
        let seconds = watch.now - started
        let norm = dot(value.gradient, value.gradient).squareRoot()
        watch.report(
            FittingProgress(
                stage: plan.stage, pass: passCount, rowCount: loss.rowCount, passSeconds: seconds,
                formsCrossProducts: formsCrossProducts, objective: value.objective, gradientNorm: norm,
                secondsLeft: secondsLeft(passSeconds: seconds)))
    }

    /// If the steps to come shrink as those behind did on average.
    private func secondsLeft(passSeconds: Double) -> Double? {
        guard plan.stage == .allRows, stepCount > 1, distance > plan.goal, distance < firstDistance else { return nil }
        let rate = log(firstDistance / distance) / Double(stepCount)
        return log(distance / plan.goal) / rate * passSeconds
    }
}
