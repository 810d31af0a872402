/// A fit's clock and who watches it.
struct FittingWatch {
    private let observer: FittingObserver
    private let started = ContinuousClock.now

    init(_ observer: FittingObserver) { self.observer = observer }

    /// Seconds since the fit began.
    var now: Double { started.duration(to: .now) / .seconds(1) }
    var isCancelled: @Sendable () -> Bool { observer.isCancelled }
    func report(_ progress: FittingProgress) { observer.progress(progress) }
}
