import CaliberCore

extension VersionLock {
    /// The lock with everything that a dictionary defines now: what `check --accept` writes.
    ///
    /// A loaded dictionary has no version whose meaning changed without being raised, so nothing accepted is overwritten.
    public func accepting(_ loaded: LoadedDictionary) -> VersionLock {
        let versions = loaded.currentVersions
        var accepted = entries.map { entry -> Entry in
            guard let current = versions[entry.id] else {
                return Entry(id: entry.id, name: entry.name, isRemoved: true, versions: entry.versions)
            }
            let others = entry.versions.filter { $0.version != current.version.version }
            // An accepted version stays as it was written: later edits to labels are no reason to touch it.
            let kept = entry.version(current.version.version) ?? current.version
            return Entry(id: entry.id, name: current.name, isRemoved: false, versions: others + [kept])
        }
        let known = Set(entries.map(\.id))
        for (id, current) in versions where !known.contains(id) {
            accepted.append(Entry(id: id, name: current.name, isRemoved: false, versions: [current.version]))
        }
        let calendars = loaded.dictionary.calendars.map {
            Calendar(name: $0.name, version: $0.version, meaning: $0.meaning.parts)
        }
        return VersionLock(entries: accepted, calendars: calendars)
    }

    /// A definition whose inputs name the versions they mean now, so that it means the same when those rise.
    static func pinned(_ definition: YAMLValue, _ version: (_ name: String) -> Int?) -> YAMLValue {
        guard let entries = definition.entries else { return definition }
        func pinnedInput(_ input: YAMLValue) -> YAMLValue {
            guard input["version"] == nil, let name = input.text ?? input["name"]?.text, let number = version(name)
            else { return input }
            func entry(_ key: String, _ text: String, _ style: YAMLValue.ScalarStyle) -> YAMLValue.Entry {
                YAMLValue.Entry(
                    key: key, keyLocation: input.location,
                    value: YAMLValue(.scalar(text, style), at: input.location))
            }
            let own = input.entries ?? [entry("name", name, .quoted)]
            return YAMLValue(.mapping(own + [entry("version", String(number), .plain)]), at: input.location)
        }
        let pinned = entries.map { entry in
            let value: YAMLValue
            switch entry.key {
            case "numerator", "denominator", "input_metric", "base_metric", "conversion_metric":
                value = pinnedInput(entry.value)
            case "input_metrics":
                value = YAMLValue(.list((entry.value.list ?? []).map(pinnedInput)), at: entry.value.location)
            default: value = entry.value
            }
            return YAMLValue.Entry(key: entry.key, keyLocation: entry.keyLocation, value: value)
        }
        return YAMLValue(.mapping(pinned), at: definition.location)
    }
}
