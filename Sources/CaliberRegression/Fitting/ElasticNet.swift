/// The penalty on absolute values sets coefficients to 0: steps go to the least of a quadratic model with that penalty.
///
/// Source: Lee, Sun, Saunders, Proximal Newton-type methods for minimizing composite functions, SIAM J. Optim. 24 (2014);
/// the model is solved by coordinate descent: Friedman, Hastie, Tibshirani, J. Statistical Software 33 (2010).
struct ProximalDescent {
    private static let leastContraction = 3.0

    let loss: LogisticLoss
    let plan: Descent.Plan
    let watch: FittingWatch
    /// λ · a: what a coefficient's absolute value costs.
    let absolutePenalty: Double
    private(set) var point: [Double]
    private(set) var value: LogisticLoss.Value
    private(set) var hessianCount = 0
    private(set) var passCount = 0
    private(set) var stepCount = 0
    private(set) var stoppedEarly = false
    /// The last step's length in the Hessian's metric.
    private(set) var distance = Double.infinity
    /// Row-major, dimension squared, both triangles.
    private var hessian: [Double] = []

    init(
        _ loss: LogisticLoss, from point: [Double], plan: Descent.Plan, watch: FittingWatch
    ) throws(FittingError) {
        self.loss = loss
        self.plan = plan
        self.watch = watch
        self.point = point
        absolutePenalty = loss.settings.penalty * loss.settings.absoluteShare
        value = LogisticLoss.Value(objective: .infinity, gradient: [], leastMargin: -.infinity)
        try formHessian()
    }

    /// The penalised loss: the smooth part and the absolute values.
    var objective: Double { value.objective + absolutePenalty * absoluteSum(point) }

    mutating func run() throws(FittingError) {
        var previous = Double.infinity
        while stepCount < plan.stepLimit {
            var step = bestStep()
            distance = length(of: step)
            if distance > previous / ProximalDescent.leastContraction, distance > plan.goal {
                try formHessian()
                step = bestStep()
                distance = length(of: step)
            }
            guard passCount < plan.passLimit, try move(along: step) else {
                stoppedEarly = distance > plan.goal
                return
            }
            if distance <= plan.goal { return }
            previous = distance
        }
    }

    /// How far the smooth part's gradient is from being paid for by the penalty, over all parameters.
    var leastGradientNorm: Double {
        var total = 0.0
        for index in point.indices {
            let slope = value.gradient[index]
            let rest: Double =
                if index == loss.last || absolutePenalty == 0 {
                    slope
                } else if point[index] != 0 {
                    slope + (point[index] > 0 ? absolutePenalty : -absolutePenalty)
                } else {
                    max(0, abs(slope) - absolutePenalty)
                }
            total += rest * rest
        }
        return total.squareRoot()
    }

    private func absoluteSum(_ point: [Double]) -> Double {
        var total = 0.0
        for column in 0..<loss.columnCount { total += abs(point[column]) }
        return total
    }

    private mutating func formHessian() throws(FittingError) {
        let started = watch.now
        let n = loss.dimension
        let curvature = try loss.curvature(at: point, inverseScales: [Double](repeating: 0, count: n))
        guard curvature.value.objective.isFinite else { throw loss.problemOfRows() }
        value = curvature.value
        hessian = curvature.hessian
        for row in 0..<n {
            for column in row + 1..<n { hessian[column * n + row] = hessian[row * n + column] }
        }
        hessianCount += 1
        passCount += 1
        report(since: started, formsCrossProducts: true)
    }

    private func report(since started: Double, formsCrossProducts: Bool) {
        watch.report(
            FittingProgress(
                stage: plan.stage, pass: passCount, rowCount: loss.rowCount, passSeconds: watch.now - started,
                formsCrossProducts: formsCrossProducts, objective: objective, gradientNorm: leastGradientNorm,
                secondsLeft: nil))
    }

    // MARK: - The quadratic model

    private static let sweepLimit = 20_000

    /// The step to the least of the model, coordinate by coordinate, until a sweep moves none by much.
    private func bestStep() -> [Double] {
        let n = loss.dimension
        var step = [Double](repeating: 0, count: n)
        // The model's gradient at the step.
        var slopes = value.gradient
        var enough = 0.0
        let indices = Array(0..<loss.columnCount) + [loss.last]
        hessian.withUnsafeBufferPointer { hessian in
            slopes.withUnsafeMutableBufferPointer { slopes in
                for sweep in 0..<ProximalDescent.sweepLimit {
                    var greatest = 0.0
                    for index in indices {
                        let curvature = hessian[index * n + index]
                        guard curvature > 0 else { continue }
                        let now = point[index] + step[index]
                        let target = curvature * now - slopes[index]
                        let price = index == loss.last ? 0 : absolutePenalty
                        let next =
                            target > price
                            ? (target - price) / curvature
                            : target < -price ? (target + price) / curvature : 0
                        let change = next - now
                        guard change != 0 else { continue }
                        // Set, not added to, so that a coefficient at 0 is 0 and nothing near it.
                        step[index] = next - point[index]
                        greatest = max(greatest, abs(change) * curvature.squareRoot())
                        let row = UnsafeBufferPointer(rebasing: hessian[index * n..<(index + 1) * n])
                        for other in 0..<n { slopes[other] += change * row[other] }
                    }
                    if sweep == 0 { enough = max(1e-4 * greatest, 1e-3 * plan.goal) }
                    if greatest <= enough { break }
                }
            }
        }
        return step
    }

    private func length(of step: [Double]) -> Double {
        let n = loss.dimension
        var total = 0.0
        for row in 0..<n where step[row] != 0 {
            var inner = 0.0
            for column in 0..<n { inner += hessian[row * n + column] * step[column] }
            total += step[row] * inner
        }
        return max(0, total).squareRoot()
    }

    /// Goes along the step as far as it pays; false when it does not at all.
    private mutating func move(along step: [Double]) throws(FittingError) -> Bool {
        var whole = point
        add(1, step, to: &whole)
        let promised = dot(value.gradient, step) + absolutePenalty * (absoluteSum(whole) - absoluteSum(point))
        let before = objective
        var share = 1.0
        for _ in 0..<40 {
            let started = watch.now
            var trial = point
            for index in trial.indices where step[index] != 0 {
                // The whole step ends at 0 where it means to.
                trial[index] = share == 1 && step[index] == -point[index] ? 0 : point[index] + share * step[index]
            }
            let reached = try loss.value(at: trial)
            passCount += 1
            let objective = reached.objective + absolutePenalty * absoluteSum(trial)
            if objective <= before + 1e-4 * share * promised + 1e-13 * abs(before) {
                (point, value) = (trial, reached)
                stepCount += 1
                report(since: started, formsCrossProducts: false)
                return true
            }
            share *= 0.5
        }
        return false
    }
}

extension FittingTask {
    func elasticNet(from start: LogisticFit?) throws(FittingError) -> LogisticFit {
        let shares = sampleShares
        var point = firstPoint(start)
        var sampleSteps = 0
        var sampleRows: [Int] = []
        if start == nil {
            for (stage, share) in [(FittingProgress.Stage.coarseSample, shares.coarse), (.fineSample, shares.fine)] {
                guard let share else { continue }
                let sample = loss(sample: share)
                var descent = try ProximalDescent(
                    sample, from: point, plan: samplePlan(stage, hasStart: false), watch: watch)
                try descent.run()
                if descent.value.leastMargin > 0 { continue }
                point = descent.point
                sampleSteps += descent.stepCount
                sampleRows.append(sample.rowCount)
            }
        }
        let plan = Descent.Plan(
            stage: .allRows, goal: settings.tolerance, formsHessianAbove: nil, finalHessianBelow: nil,
            passLimit: settings.passLimit)
        var descent = try ProximalDescent(loss(sample: nil), from: point, plan: plan, watch: watch)
        try descent.run()
        var notes: [FittingNote] = []
        if descent.value.leastMargin > 0 { notes.append(.separable) }
        if descent.stoppedEarly { notes.append(.stoppedEarly(distanceInErrors: descent.distance)) }
        return LogisticFit(
            intercept: descent.point[descent.loss.last],
            coefficients: Array(descent.point[0..<rows.matrix.columnCount]), errors: nil, certificate: nil,
            objective: descent.objective, gradientNorm: descent.leastGradientNorm, rowCount: counts.total,
            positiveCount: counts.positive,
            work: FittingWork(
                passes: descent.passCount, crossProducts: descent.hessianCount, steps: descent.stepCount,
                sampleSteps: sampleSteps, sampleRowCounts: sampleRows), notes: notes)
    }
}
