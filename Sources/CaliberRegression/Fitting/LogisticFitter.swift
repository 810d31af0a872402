/// Fits logistic regressions.
///
/// The optimum of a sixty-fourth of the rows is found by Newton's method, from there that of an eighth, and from there, with
/// the eighth's factored Hessian as a metric, that of all rows by quasi-Newton steps which read the rows once each. Where
/// rows are few, every step is Newton's.
///
/// Source: sub-sampled Newton methods: Roosta-Khorasani, Mahoney, Mathematical Programming 174 (2019).
public struct LogisticFitter {
    public let settings: FittingSettings

    /// - Throws: `badSetting`.
    public init(_ settings: FittingSettings) throws(FittingError) {
        func check(_ isAllowed: Bool, _ name: String, _ value: Double, _ allowed: String) throws(FittingError) {
            guard isAllowed else { throw .badSetting(name: name, value: "\(value)", allowed: allowed) }
        }
        let (penalty, share, tolerance) = (settings.penalty, settings.absoluteShare, settings.tolerance)
        try check(penalty >= 0 && penalty.isFinite, "The penalty", penalty, "a finite number of at least 0")
        try check(share >= 0 && share <= 1, "The share of absolute values", share, "a number from 0 to 1")
        try check(tolerance > 0 && tolerance < 1, "The tolerance", tolerance, "a number above 0 and below 1")
        try check(
            settings.passLimit > 0, "The pass limit", Double(settings.passLimit), "a whole number above 0")
        try check(settings.threads > 0, "The number of threads", Double(settings.threads), "a whole number above 0")
        self.settings = settings
    }

    /// - Parameters:
    ///   - rows: prepared: without missing values, columns on a like scale.
    ///   - start: a fit of the same columns to start from.
    /// - Throws: `FittingError`; `separated` when there is no penalty and so no optimum.
    /// - Complexity: O(rowCount · columnCount²) once, O(rowCount · columnCount) a step; beside the rows, memory for some
    ///   sixteen matrices of columnCount².
    public func fit(
        _ rows: TrainingRows, from start: LogisticFit? = nil, observer: FittingObserver = FittingObserver()
    ) throws(FittingError) -> LogisticFit {
        try fit(rows, selection: .all, from: start, observer: observer)
    }

    package func fit(
        _ rows: TrainingRows, selection: RowSelection, from start: LogisticFit? = nil,
        observer: FittingObserver = FittingObserver()
    ) throws(FittingError) -> LogisticFit {
        if let start, start.coefficients.count != rows.matrix.columnCount {
            throw .wrongStart(columnCount: start.coefficients.count, expected: rows.matrix.columnCount)
        }
        let counts = try ClassCounts(rows, selection: selection)
        let task = FittingTask(
            rows: rows, selection: selection, settings: settings, counts: counts,
            classWeights: try counts.weights(settings.classWeights), watch: FittingWatch(observer))
        return settings.absoluteShare > 0 && settings.penalty > 0
            ? try task.elasticNet(from: start) : try task.ridge(from: start)
    }
}

/// One fit under way.
struct FittingTask {
    let rows: TrainingRows
    let selection: RowSelection
    let settings: FittingSettings
    let counts: ClassCounts
    let classWeights: (negative: Double, positive: Double)
    let watch: FittingWatch

    /// The loss of a sub-sample, as far as its rows stand for all, or of all rows.
    func loss(sample share: Double?) -> LogisticLoss {
        guard let share else {
            return LogisticLoss(
                rows, selection: selection, settings: settings, classWeights: classWeights,
                isCancelled: watch.isCancelled)
        }
        let sample = selection.sample(share, of: rows.matrix, seed: settings.seed)
        return LogisticLoss(
            rows, selection: sample, settings: settings,
            classWeights: (classWeights.negative / share, classWeights.positive / share), isCancelled: watch.isCancelled
        )
    }

    /// Where nothing is known but how many rows of each class there are.
    func firstPoint(_ start: LogisticFit?) -> [Double] {
        let padded = paddedCount(rows.matrix.columnCount)
        var point = [Double](repeating: 0, count: padded + 1)
        if let start {
            point.replaceSubrange(0..<start.coefficients.count, with: start.coefficients)
            point[padded] = start.intercept
        } else {
            point[padded] = logarithm(
                counts.positiveWeight * classWeights.positive / (counts.negativeWeight * classWeights.negative))
        }
        return point
    }

    // MARK: - Sub-samples

    /// Shares of the rows whose optima are worth finding first; none when rows are too few for it.
    ///
    /// A sub-sample must hold enough rows, and enough of the rarer class, for its optimum to be near that of all.
    var sampleShares: (coarse: Double?, fine: Double?) {
        let dimension = Double(rows.matrix.columnCount + 1)
        let (total, rarer) = (Double(counts.total), Double(counts.rarer))
        let fine = max(1.0 / 8, 8 * dimension / rarer, 50 * dimension / total, 8192 / total)
        let coarse = max(1.0 / 64, 3 * dimension / rarer, 16 * dimension / total, 2048 / total)
        guard fine <= 0.5 else { return (nil, nil) }
        return (coarse <= fine / 2 ? coarse : nil, fine)
    }

    // MARK: - Squares

    func ridge(from start: LogisticFit?) throws(FittingError) -> LogisticFit {
        let shares = sampleShares
        let all = loss(sample: nil)
        var point = firstPoint(start)
        var metric: CholeskyFactor?
        var sampleSteps = 0
        var sampleRows: [Int] = []
        for (stage, share) in [(FittingProgress.Stage.coarseSample, shares.coarse), (.fineSample, shares.fine)] {
            guard let share, stage == .fineSample || start == nil else { continue }
            let sample = loss(sample: share)
            // From a start only the metric is wanted: the sub-sample's own optimum may be further off.
            var descent = try Descent(
                sample, from: point, metric: nil, plan: samplePlan(stage, hasStart: start != nil), watch: watch)
            try descent.run()
            // A sub-sample that columns part without a mistake leads far off.
            if descent.value.leastMargin > 0 { continue }
            if start == nil { point = descent.point }
            metric = descent.metric
            sampleSteps += descent.stepCount
            sampleRows.append(sample.rowCount)
        }
        let isSmall = shares.fine == nil
        let plan = Descent.Plan(
            stage: .allRows, goal: settings.tolerance, formsHessianAbove: isSmall ? 1e-6 : nil,
            finalHessianBelow: wantsHessian ? (isSmall ? 1e-6 : 1e-3) : nil, passLimit: settings.passLimit)
        var descent = try Descent(all, from: point, metric: isSmall ? nil : metric, plan: plan, watch: watch)
        try descent.run()
        let evidence = CertificateEvidence(descent)
        // Where the loss is flat although some log-odds can still change much, they may be changing for ever.
        if settings.penalty == 0, evidence?.certificate.map({ $0.logOddsDistance > 1e-3 }) ?? true {
            try checkSeparation(descent)
        }
        return result(
            descent, evidence: evidence,
            work: FittingWork(
                passes: descent.passCount, crossProducts: descent.hessianCount, steps: descent.stepCount,
                sampleSteps: sampleSteps, sampleRowCounts: sampleRows))
    }

    func samplePlan(_ stage: FittingProgress.Stage, hasStart: Bool) -> Descent.Plan {
        // In standard errors of all rows: a sub-sample's optimum is further off than its goal is fine.
        let goal = stage == .coarseSample ? 30.0 : 3.0
        return Descent.Plan(
            stage: stage, goal: goal, formsHessianAbove: goal, finalHessianBelow: nil,
            stepLimit: hasStart ? 0 : stage == .coarseSample ? 25 : 2, passLimit: settings.passLimit)
    }

    /// Without a penalty the Hessian tells whether there is an optimum at all.
    private var wantsHessian: Bool { settings.wantsErrors || settings.penalty == 0 }

    /// Where Newton's step moves rows to their labels' sides and none away, going on for ever costs ever less.
    ///
    /// Source: Albert, Anderson, On the existence of maximum likelihood estimates in logistic regression models,
    /// Biometrika 71 (1984).
    private func checkSeparation(_ descent: Descent) throws(FittingError) {
        guard let metric = descent.metric else { return }
        let direction = metric.solved(descent.value.gradient).map { -$0 }
        let least = try descent.loss.value(at: direction).leastMargin
        let greatest = -(try descent.loss.value(at: direction.map { -$0 }).leastMargin)
        if greatest > 0.01, least >= -1e-4 * greatest { throw .separated(isComplete: false) }
    }

    private func result(
        _ descent: Descent, evidence: CertificateEvidence?, work: FittingWork
    ) -> LogisticFit {
        let columns = rows.matrix.columnCount
        let (point, last) = (descent.point, descent.loss.last)
        var notes: [FittingNote] = []
        if descent.value.leastMargin > 0 { notes.append(.separable) }
        if let final = descent.final {
            let dependent = DependentColumn.all(in: final.curvature.hessian, of: descent.loss)
            if !dependent.isEmpty { notes.append(.dependentColumns(dependent)) }
        }
        let repeated = work.crossProducts - (wantsHessian ? 1 : 0)
        if sampleShares.fine != nil, repeated > 0 { notes.append(.crossProductsRepeated(times: repeated)) }
        if descent.stoppedEarly { notes.append(.stoppedEarly(distanceInErrors: descent.distance)) }
        return LogisticFit(
            intercept: point[last], coefficients: Array(point[0..<columns]),
            errors: standardErrors(descent, evidence), certificate: settings.wantsErrors ? evidence?.certificate : nil,
            objective: descent.value.objective,
            gradientNorm: dot(descent.value.gradient, descent.value.gradient).squareRoot(), rowCount: counts.total,
            positiveCount: counts.positive, work: work, notes: notes)
    }

    private func standardErrors(_ descent: Descent, _ evidence: CertificateEvidence?) -> StandardErrors? {
        guard settings.wantsErrors, descent.final != nil, let metric = descent.metric else { return nil }
        let (columns, last) = (rows.matrix.columnCount, descent.loss.last)
        let variances = metric.inverseDiagonal()
        func error(_ index: Int) -> Double? { variances[index].isFinite ? variances[index].squareRoot() : nil }
        func z(_ index: Int) -> Double? { error(index).map { descent.point[index] / $0 } }
        return StandardErrors(
            intercept: error(last), interceptZ: z(last), coefficients: (0..<columns).map(error),
            coefficientZ: (0..<columns).map(z),
            conditionNumber: evidence?.conditionNumber)
    }
}
