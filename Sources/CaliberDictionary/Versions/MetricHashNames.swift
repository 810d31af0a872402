import CaliberCore

/// What metrics' hashes are called, so that a difference between two hashes can be told in names.
struct MetricHashNames {
    private var names: [String: String] = [:]
    private var taken: Set<String> = []

    /// The first name that a hash is given stays. A name already given to another hash names what it means now.
    mutating func add(hash: String, name: String, version: Int) {
        guard names[hash] == nil else { return }
        let versioned = "\(name)@\(version)"
        names[hash] = taken.insert(versioned).inserted ? versioned : "\(versioned) as it is now"
    }

    /// A text with every known hash replaced by its name.
    func named(_ text: String) -> String {
        var named = ""
        var rest = Substring(text)
        while let range = rest.firstRange(of: "sha256:") {
            let digest = rest[range.lowerBound...].prefix(ContentHash.textLength)
            named += rest[..<range.lowerBound] + (names[String(digest)] ?? String(digest))
            rest = rest[digest.endIndex...]
        }
        return named + rest
    }

    func named(_ differences: [MetricMeaning.Difference]) -> [MetricMeaning.Difference] {
        differences.map {
            MetricMeaning.Difference(label: $0.label, old: $0.old.map(named), new: $0.new.map(named))
        }
    }
}
