/// Who follows the log: gets accepted events in its order, some of them while they are still on their way to the disk.
package protocol EventFollower {
    /// Takes events that are accepted. Until `confirm` is called nothing that comes of them may leave the process.
    func take(_ batches: [EventBatch], upTo position: LogPosition) throws

    /// Says that the events that were taken last are durable.
    func confirm() throws

    /// Says that the events that were taken last are not in the log, or were not taken as a whole.
    func disown(_ reason: any Error)
}
