import CaliberCore

/// Holds the dictionary's metrics against the lock.
struct VersionCheck {
    let lock: VersionLock
    let log: ProblemLog
    /// `name@version` by hash, so that a difference between hashes can be told in names.
    private var namesByHash: [String: String] = [:]
    private(set) var earlier: [MetricDefinition] = []
    private(set) var unreachable: [UnreachableVersion] = []
    private var notLocked: [MetricResolution.Node] = []

    /// New metrics told one by one; more are told as a number.
    private static let toldOneByOne = 10

    init(_ resolution: MetricResolution, _ lock: VersionLock, _ log: ProblemLog) {
        self.lock = lock
        self.log = log
        for entry in lock.entries {
            for version in entry.versions { namesByHash[version.hash] = "\(entry.name)@\(version.version)" }
        }
        for node in resolution.nodes {
            guard let meaning = node.meaning, namesByHash[meaning.hash] == nil else { continue }
            namesByHash[meaning.hash] = "\(node.name)@\(node.version)"
        }
        for node in resolution.nodes {
            if node.isEarlier { checkEarlier(node) } else { checkCurrent(node) }
        }
        checkDuplicates(resolution)
        checkRemoved(resolution)
        reportNotLocked()
    }

    /// What is to be accepted is of interest once there is nothing to correct.
    private func reportNotLocked() {
        guard !log.hasErrors else { return }
        if notLocked.count > VersionCheck.toldOneByOne {
            log.report(
                .version(.manyNotLocked(count: notLocked.count, first: Array(notLocked.prefix(3).map(\.name)))))
            return
        }
        for node in notLocked {
            let location = node.value["version"]?.location ?? node.value.location
            log.report(.version(.notLocked(metric: node.name, version: node.version, at: location)))
        }
    }

    private mutating func checkCurrent(_ node: MetricResolution.Node) {
        guard let meaning = node.meaning else { return }
        let location = node.value["version"]?.location ?? node.value.location
        guard let entry = lock.entry(of: node.id), let newest = entry.versions.last else {
            notLocked.append(node)
            return
        }
        let isRenamed = entry.name != node.name
        if isRenamed, !entry.versions.contains(where: { $0.hash == meaning.hash }) {
            let place = node.value["id"]?.location ?? location
            log.report(
                .version(.idReused(id: node.id, name: node.name, lockedName: entry.name, at: place)))
            return
        }
        if isRenamed {
            log.report(
                .version(.renamed(id: node.id, name: node.name, lockedName: entry.name, at: node.value.location)))
        }
        if node.version < newest.version {
            log.report(
                .version(
                    .versionLowered(metric: node.name, version: node.version, locked: newest.version, at: location)))
        } else if let locked = entry.version(node.version) {
            guard locked.hash != meaning.hash else { return }
            let old = MetricMeaning(parts: locked.meaning)
            log.report(
                .version(
                    .meaningChanged(
                        metric: node.name, version: node.version,
                        differences: readable(meaning.differences(from: old)), at: location)))
        } else {
            if newest.hash == meaning.hash {
                log.report(
                    .version(
                        .sameMeaning(metric: node.name, version: node.version, locked: newest.version, at: location)))
            }
            notLocked.append(node)
        }
    }

    private mutating func checkEarlier(_ node: MetricResolution.Node) {
        guard let locked = lock.entry(of: node.id)?.version(node.version) else { return }
        let reason: String
        if let definition = node.definition, let meaning = node.meaning {
            guard meaning.hash != locked.hash else {
                earlier.append(definition)
                return
            }
            let differences = meaning.differences(from: MetricMeaning(parts: locked.meaning))
            reason = readable(differences).map(\.inWords).joined(separator: "; ") + "."
        } else {
            reason =
                node.ownLog?.diagnostics.first { $0.severity == .error }?.message
                ?? "Something it is built from has a fault or is gone."
        }
        unreachable.append(
            UnreachableVersion(
                id: node.id, name: node.name, version: node.version, reason: reason, location: node.value.location))
    }

    private func readable(_ differences: [MetricMeaning.Difference]) -> [MetricMeaning.Difference] {
        differences.map {
            MetricMeaning.Difference(label: $0.label, old: $0.old.map(named), new: $0.new.map(named))
        }
    }

    /// Hashes of metrics as the names that they go by, where they are known.
    private func named(_ text: String) -> String {
        var named = ""
        var rest = Substring(text)
        while let range = rest.firstRange(of: "sha256:") {
            let digest = rest[range.lowerBound...].prefix(71)
            named += rest[..<range.lowerBound] + (namesByHash[String(digest)] ?? String(digest))
            rest = rest[digest.endIndex...]
        }
        return named + rest
    }

    private func checkDuplicates(_ resolution: MetricResolution) {
        var first: [String: MetricResolution.Node] = [:]
        for node in resolution.nodes where !node.isEarlier {
            guard let meaning = node.meaning else { continue }
            if let other = first[meaning.hash] {
                log.report(
                    .version(
                        .duplicateMeaning(
                            metric: node.name, other: other.name, otherID: other.id, at: node.value.location)))
            } else {
                first[meaning.hash] = node
            }
        }
    }

    private func checkRemoved(_ resolution: MetricResolution) {
        for entry in lock.entries where !entry.isRemoved && resolution.newest(id: entry.id) == nil {
            guard let location = entry.versions.last?.definition.location else { continue }
            log.report(.version(.removed(id: entry.id, name: entry.name, at: location)))
        }
    }
}
