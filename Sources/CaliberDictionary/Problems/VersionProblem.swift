import CaliberCore

/// What the lock of versions has against the dictionary.
package enum VersionProblem: Hashable, Sendable {
    case lockMalformed(reason: String, at: SourceLocation)
    case meaningChanged(
        metric: String, version: Int, differences: [MetricMeaning.Difference], at: SourceLocation)
    case versionLowered(metric: String, version: Int, locked: Int, at: SourceLocation)
    case duplicateMeaning(metric: String, other: String, otherID: String, at: SourceLocation)
    case idReused(id: String, name: String, lockedName: String, at: SourceLocation)
    case renamed(id: String, name: String, lockedName: String, at: SourceLocation)
    case notLocked(metric: String, version: Int, at: SourceLocation)
    /// Too many to tell each.
    case manyNotLocked(count: Int, first: [String])
    case sameMeaning(metric: String, version: Int, locked: Int, at: SourceLocation)
    case removed(id: String, name: String, at: SourceLocation)
    case unreachable(UnreachableVersion)

    var diagnostic: Diagnostic {
        switch self {
        case .lockMalformed(let reason, let location):
            Diagnostic(
                "lock-malformed", "versions.lock can't be read: \(reason).", at: location,
                remedy: "It is written by `caliber dictionary check --accept`; take it back from version control.")
        case .meaningChanged(let metric, let version, let differences, let location):
            Diagnostic(
                "meaning-changed",
                "Metric \(quoted(metric)) no longer means what version \(version) meant: "
                    + differences.map(\.inWords).joined(separator: "; ") + ".", at: location,
                remedy: "Raise its version to \(version + 1) if that is meant, then accept it with "
                    + "`caliber dictionary check --accept`.")
        case .versionLowered(let metric, let version, let locked, let location):
            Diagnostic(
                "version-lowered",
                "Metric \(quoted(metric)) has version \(version), but version \(locked) was accepted before.",
                at: location, remedy: "Versions only rise: write \(locked + 1), also to go back to an older meaning.")
        case .duplicateMeaning(let metric, let other, let otherID, let location):
            Diagnostic(
                "duplicate-meaning",
                "Metric \(quoted(metric)) counts exactly what \(quoted(other)) (\(otherID)) counts.", at: location,
                remedy: "Same meaning, two names: remove one and put its name among the other's synonyms.")
        case .idReused(let id, let name, let lockedName, let location):
            Diagnostic(
                "id-reused",
                "The id \(quoted(id)) belonged to metric \(quoted(lockedName)); here it names \(quoted(name)), which "
                    + "counts something else.", at: location,
                remedy: "Ids are never reused; give the new metric one of its own.")
        case .renamed(let id, let name, let lockedName, let location):
            Diagnostic(
                "metric-renamed", "Metric \(id) was called \(quoted(lockedName)) and is now \(quoted(name)).",
                at: location, remedy: "Accept it with `caliber dictionary check --accept`.", severity: .warning)
        case .notLocked(let metric, let version, let location):
            Diagnostic(
                "not-locked", "Version \(version) of metric \(quoted(metric)) is not in versions.lock.",
                at: location, remedy: "Accept it with `caliber dictionary check --accept`.", severity: .warning)
        case .manyNotLocked(let count, let first):
            Diagnostic(
                "not-locked", "\(count) metrics are not in versions.lock, among them \(listed(first)).",
                remedy: "Accept them with `caliber dictionary check --accept`.", severity: .warning)
        case .sameMeaning(let metric, let version, let locked, let location):
            Diagnostic(
                "same-meaning",
                "Version \(version) of metric \(quoted(metric)) means the same as version \(locked).", at: location,
                remedy: "A version is raised when the meaning changes; keep \(locked).", severity: .warning)
        case .removed(let id, let name, let location):
            Diagnostic(
                "metric-removed", "Metric \(quoted(name)) (\(id)) is in versions.lock but no longer defined.",
                at: location,
                remedy: "Accept that with `caliber dictionary check --accept`; its id stays taken.",
                severity: .warning)
        case .unreachable(let version):
            Diagnostic(
                "metric-version-unreachable",
                "Version \(version.version) of metric \(quoted(version.name)) can no longer be computed: "
                    + version.reason, at: version.location,
                remedy: "Query the newest version, or bring back what it was built on.")
        }
    }
}

/// An accepted version whose meaning can't be had any more.
public struct UnreachableVersion: Hashable, Sendable {
    public let id: String
    public let name: String
    public let version: Int
    /// A sentence: which part is gone or means something else.
    public let reason: String
    public let location: SourceLocation

    public init(id: String, name: String, version: Int, reason: String, location: SourceLocation) {
        self.id = id
        self.name = name
        self.version = version
        self.reason = reason
        self.location = location
    }

    /// What to answer a query that asks for it: `metric-version-unreachable`.
    public var diagnostic: Diagnostic { VersionProblem.unreachable(self).diagnostic }
}

extension MetricMeaning.Difference {
    /// `filter was …, is …`
    package var inWords: String {
        switch (old, new) {
        case (let old?, let new?): "\(label) was `\(old)`, is `\(new)`"
        case (nil, let new?): "\(label) is new: `\(new)`"
        case (let old?, nil): "\(label) is gone, it was `\(old)`"
        case (nil, nil): label
        }
    }
}
