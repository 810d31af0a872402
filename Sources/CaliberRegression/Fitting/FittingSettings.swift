import Foundation

/// How a logistic regression is to be fitted.
///
/// What is minimised: Σ cᵢ · logloss(yᵢ, zᵢ) + λ · ((1 − a)/2 · ‖w‖² + a · ‖w‖₁), with c the row's weight times its
/// class's, λ the penalty (1/C in scikit-learn) and a the share of the absolute penalty. The intercept is free.
public struct FittingSettings: Hashable, Sendable {
    /// How much a row counts for the class it is of.
    public enum ClassWeights: Hashable, Sendable {
        case equal
        /// Both classes weigh the same in sum: rowCount / (2 · rows of the class).
        case balanced
        case given(negative: Double, positive: Double)
    }

    /// λ, at least 0.
    public var penalty: Double
    /// From 0 (squares only) to 1 (absolute values only).
    public var absoluteShare: Double
    public var classWeights: ClassWeights
    /// The fit ends when no coefficient is further from the optimum than this many of its standard errors.
    public var tolerance: Double
    /// Readings of all rows after which the fit ends where it is, and says so.
    public var passLimit: Int
    /// Whether standard errors, condition number and certificate are wanted: one reading that forms all cross-products.
    public var wantsErrors: Bool
    /// Which rows are in the sub-samples hangs on it, and so do the last bits of the coefficients.
    public var seed: UInt64
    /// How many threads work; it changes no bit of the coefficients.
    public var threads: Int
    package var instructions = Instructions.best

    public init(
        penalty: Double = 1, absoluteShare: Double = 0, classWeights: ClassWeights = .equal, tolerance: Double = 1e-7,
        passLimit: Int = 300, wantsErrors: Bool = true, seed: UInt64 = 1,
        threads: Int = ProcessInfo.processInfo.activeProcessorCount
    ) {
        self.penalty = penalty
        self.absoluteShare = absoluteShare
        self.classWeights = classWeights
        self.tolerance = tolerance
        self.passLimit = passLimit
        self.wantsErrors = wantsErrors
        self.seed = seed
        self.threads = threads
    }
}

/// What a fit tells while it runs, after each reading of the rows.
public struct FittingProgress: Hashable, Sendable {
    public enum Stage: String, Sendable {
        case coarseSample, fineSample, allRows
    }

    public let stage: Stage
    /// Readings of the stage's rows so far.
    public let pass: Int
    /// How many rows the pass read, how long it took, and whether it formed the cross-products too.
    public let rowCount: Int
    public let passSeconds: Double
    public let formsCrossProducts: Bool
    public let objective: Double
    /// The gradient's Euclidean length.
    public let gradientNorm: Double
    /// From how fast the steps shrink; nil while that is not known.
    public let secondsLeft: Double?
}

/// Who watches a fit.
public struct FittingObserver {
    public var progress: (FittingProgress) -> Void
    /// Asked between pieces of work, from any thread; true ends the fit with `FittingError.cancelled`.
    public var isCancelled: @Sendable () -> Bool

    public init(
        progress: @escaping (FittingProgress) -> Void = { _ in },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
        self.progress = progress
        self.isCancelled = isCancelled
    }
}
