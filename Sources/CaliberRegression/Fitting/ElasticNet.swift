extension FittingTask {
    func elasticNet(from start: LogisticFit?) throws(FittingError) -> LogisticFit {
        try ridge(from: start)
    }
}
