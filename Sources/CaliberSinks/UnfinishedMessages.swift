/// The messages of which a receiver has some parts and not all, for who tries again without keeping progress. Gone with
/// the process, upon which such a message is sent whole once more.
struct UnfinishedMessages: Sendable {
    /// Past it the oldest is forgotten.
    private static let limit = 100

    private struct Entry {
        let messageID: String
        /// Of the parts: those of another content were not sent.
        let contentHash: Int
        let progress: SendProgress
    }

    private var entries: [Entry] = []

    func progress(of messageID: String, parts: [String]) -> SendProgress? {
        entries.first { $0.messageID == messageID && $0.contentHash == parts.hashValue }?.progress
    }

    mutating func note(_ progress: SendProgress, of messageID: String, parts: [String]) {
        entries.removeAll { $0.messageID == messageID }
        guard progress.deliveredPartCount > 0, !progress.isComplete else { return }
        if entries.count == UnfinishedMessages.limit { entries.removeFirst() }
        entries.append(Entry(messageID: messageID, contentHash: parts.hashValue, progress: progress))
    }
}
