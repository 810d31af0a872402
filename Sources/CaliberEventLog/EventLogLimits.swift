/// Limits of intake and of the log, named and with units.
package enum EventLogLimits {
    /// Input that is decoded, compressed and committed at once.
    package static let chunkByteCount = 8 << 20
    /// A longer line goes to quarantine, cut to this.
    package static let lineByteCount = 1 << 20
    /// A row of a foreign file, line breaks inside quotes included.
    static let rowByteCount = 1 << 20
    static let nestingDepth = 64
    /// Offending text as quarantine keeps it.
    static let offendingTextScalarCount = 200
    /// An event may be dated this far past its receipt: clocks differ, days don't.
    static let futureMicroseconds: Int64 = 86_400_000_000
    /// A time that is ahead of its receipt by a zone's offset give or take this is taken for a zone mix-up.
    static let zoneMixUpToleranceMicroseconds: Int64 = 15 * 60_000_000
    /// Chunks between two stages of the pipeline.
    static let handoffDepth = 1
    /// Foreign rows kept beside the events made from them.
    static let keyCountPerPage = 4096
    /// Runs of one level that are merged into one of the next.
    static let keyRunsPerLevel = 8
    /// Sorted keys that stay in memory; older and larger runs are read from the file page by page.
    static let residentKeyByteCount = 128 << 20
    /// Examples of one kind of violation that a report names.
    static let inputBlockByteCount = 1 << 20
    static let compressionLevel: Int32 = 1
}
