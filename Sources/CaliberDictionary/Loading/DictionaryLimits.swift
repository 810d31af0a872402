/// What a dictionary may hold. Each limit is far above any real dictionary and far below what would hurt.
package enum DictionaryLimits {
    package static let files = 10_000
    package static let bytesPerFile = 8 << 20
    /// The lock is one file, and keeps every version.
    package static let bytesOfLock = 128 << 20
    package static let nodesOfLock = 16_000_000
    package static let nodesPerFile = 1_000_000
    /// Mappings and lists within each other.
    package static let nestingDepth = 32
    /// Expansion grows with three to the power of a third of this.
    package static let aliasesPerFile = 24
    static let repeatedKeysPerFile = 50
    /// Problems told in one run.
    static let problems = 1_000
    package static let contracts = 2_000
    package static let tables = 500
    package static let metrics = 50_000
    package static let calendars = 100
    package static let savedQueries = 10_000
    package static let featureSets = 100
    /// Templates expanded.
    package static let featuresPerSet = 4_000
    package static let labels = 1_000
    package static let watches = 1_000
    package static let identities = 10
    package static let identifiersPerIdentity = 64
    package static let attributions = 100
    /// The unmatched one among them: a channel is a byte of a path.
    package static let channelsPerAttribution = 250
    package static let sources = 1_000
    package static let tests = 20_000
    package static let fieldsPerContract = 1_000
    package static let columnsPerTable = 1_000
    /// A table sees the columns of the square of this many tables.
    static let joinsPerTable = 32
    /// Steps of a joined reference: `seller.city.state`.
    static let joinHops = 2
    static let nameLength = 100
    /// Characters; the upper bound of a length that names none.
    static let longestText = 1_000_000
}
