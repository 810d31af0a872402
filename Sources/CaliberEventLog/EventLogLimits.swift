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
    package static let offendingTextScalarCount = 200
    /// An event may be dated this far past its receipt: clocks differ, days don't.
    static let futureMicroseconds: Int64 = 86_400_000_000
    /// A time that is ahead of its receipt by a zone's offset give or take this is taken for a zone mix-up.
    static let zoneMixUpToleranceMicroseconds: Int64 = 15 * 60_000_000
    /// Lines of a chunk that are tried for a skeleton of their own.
    static let learningsPerChunk = 1024
    /// Chunks between two stages of the pipeline.
    static let handoffDepth = 1
    /// A page is one page of the file.
    static let keyCountPerPage = 500
    /// Fewer keys are not written at an intake's end: they are soon read from the log.
    package static let leastWrittenKeyCount = 4096
    /// Runs of one level that are merged into one of the next.
    static let keyRunsPerLevel = 8
    /// Keys that may be in memory only; after a crash those of as many events are read from the log.
    package static let unwrittenKeyCount = 1 << 20
    /// Sorted keys that stay in memory; older and larger runs are read from the file page by page.
    static let residentKeyByteCount = 17 << 20
    /// What is read of a compressed input or a table at once.
    static let inputBlockByteCount = 1 << 20
    /// What is read at once of an input that is committed by the number of its events.
    static let livePieceByteCount = 64 << 10
    /// Of fewer lines, what they share is not worth writing down.
    static let leastPackedLineCount = 64
    static let compressionLevel: Int32 = 1
    /// Binary logarithm of the compressor's table entries.
    static let compressionHashLog: Int32 = 12
    static let compressionLeastMatch: Int32 = 5
}
