import CaliberCore

extension VersionLock {
    /// Reads the lock's YAML. What can't be read is reported, and left out.
    init(_ root: YAMLValue?, _ log: ProblemLog) {
        guard let root, !root.isNull else {
            self = .empty
            return
        }
        guard root["lock"]?.wholeNumber == 1, let metrics = root["metrics"]?.entries else {
            log.report(
                .version(.lockMalformed(reason: "it has no `lock: 1` and `metrics`", at: root.location)))
            self = .empty
            return
        }
        self.init(
            entries: metrics.compactMap { VersionLock.entry($0, log) },
            calendars: (root["calendars"]?.entries ?? []).compactMap { VersionLock.calendar($0, log) })
    }

    private static func calendar(_ entry: YAMLValue.Entry, _ log: ProblemLog) -> Calendar? {
        guard let version = entry.value["version"]?.wholeNumber.flatMap({ Int(exactly: $0) }),
            let parts = entry.value["meaning"]?.entries
        else {
            log.report(
                .version(
                    .lockMalformed(reason: "calendar \(entry.key) has no version or meaning", at: entry.keyLocation)))
            return nil
        }
        return Calendar(
            name: entry.key, version: version,
            meaning: parts.map { MetricMeaning.Part(label: $0.key, text: $0.value.rawText) })
    }

    private static func entry(_ entry: YAMLValue.Entry, _ log: ProblemLog) -> Entry? {
        guard let name = entry.value["name"]?.text, let versions = entry.value["versions"]?.entries else {
            log.report(
                .version(
                    .lockMalformed(reason: "\(entry.key) has no name or versions", at: entry.keyLocation)))
            return nil
        }
        return Entry(
            id: entry.key, name: name, isRemoved: entry.value["removed"]?.boolean ?? false,
            versions: versions.compactMap { version($0, of: entry.key, log) })
    }

    private static func version(_ entry: YAMLValue.Entry, of id: String, _ log: ProblemLog) -> Version? {
        guard let number = Int(entry.key), number > 0, let hash = entry.value["hash"]?.text,
            let parts = entry.value["meaning"]?.entries, let definition = entry.value["definition"],
            definition.entries != nil
        else {
            log.report(
                .version(
                    .lockMalformed(
                        reason: "version \(entry.key) of \(id) lacks hash, meaning or definition",
                        at: entry.keyLocation)))
            return nil
        }
        let meaning = MetricMeaning(
            parts: parts.map { MetricMeaning.Part(label: $0.key, text: $0.value.rawText) })
        guard meaning.hash == hash else {
            log.report(
                .version(
                    .lockMalformed(
                        reason: "the hash of version \(number) of \(id) is not that of its meaning",
                        at: entry.value["hash"]?.location ?? entry.keyLocation)))
            return nil
        }
        return Version(version: number, hash: hash, meaning: meaning.parts, definition: definition)
    }
}
