import CaliberCore
import CaliberDictionary
import Foundation

/// What became of one chunk of input: everything that its transaction will write, and the typed events to hand on.
///
/// Passes from the decoding thread to the compressing one to the caller's, and serves one at a time.
final class DecodedChunk: @unchecked Sendable {
    // Safe to share: each stage of intake lets go of the chunk when it hands it on.
    var block: LineBlock?
    let receivedAt: Timestamp
    let consumedByteCount: Int64
    /// No other chunk of the input comes after it.
    let isLast: Bool
    /// What became of each of the block's lines.
    var outcomes: [Outcome] = []
    /// The block's accepted lines, in their order.
    var acceptedLines: [Int32] = []
    /// Of the skeletons that the block's lines were cut by, by their numbers.
    var templates: [LineTemplate] = []
    var acceptedCount = 0
    var acceptedByContract: [String: Int64] = [:]
    var batches: [EventBatch] = []
    var keys: KeyRun?
    var refused: [RefusedLine] = []
    var parked: [ParkedLine] = []
    /// One for each of the input's sections.
    var sectionTallies: [SectionTally] = []
    /// The accepted lines joined by line feeds: their length, and a `LogBody` of them.
    var bodyByteCount = 0
    var body = Data()

    enum Outcome: UInt8 { case open, accepted, duplicate, refused, parked }

    struct RefusedLine {
        /// The block's line; nil for what never became one.
        var lineIndex: Int?
        var number: Int64
        var problem: IntakeProblem
        var contract: String?
        var source: String?
        var eventID: String?
        var isReplayable: Bool
        var body: Data
        var originRow: Data?
    }

    struct ParkedLine {
        var lineIndex: Int
        var number: Int64
        var key: EventKey
        var type: String
        var body: Data
    }

    init(block: LineBlock, receivedAt: Timestamp) {
        self.block = block
        self.receivedAt = receivedAt
        consumedByteCount = block.consumedByteCount
        isLast = block.isLast
    }

    var duplicateCount: Int { outcomes.reduce(0) { $0 + ($1 == .duplicate ? 1 : 0) } }
}
