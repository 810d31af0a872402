/// The names someone may have meant.
public enum NameSuggestion {
    /// Up to `limit` candidates within a third of the name's length in edits, nearest first, ties in alphabetical order.
    ///
    /// Source of the distance: Damerau–Levenshtein, optimal string alignment form.
    public static func nearest(
        to name: String, among candidates: some Sequence<String>, limit: Int = 2
    ) -> [String] {
        let target = Array(name.lowercased())
        let allowed = max(1, min(4, (target.count + 1) / 3))
        var scored: [(distance: Int, name: String)] = []
        for candidate in Set(candidates) {
            let letters = Array(candidate.lowercased())
            guard abs(letters.count - target.count) <= allowed else { continue }
            let distance = editDistance(target, letters)
            if distance <= allowed { scored.append((distance, candidate)) }
        }
        return scored.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(limit).map(\.name)
    }

    static func editDistance(_ left: [Character], _ right: [Character]) -> Int {
        guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for i in 1...left.count {
            var current = [i]
            for j in 1...right.count {
                let substitution = previous[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1)
                var best = min(substitution, previous[j] + 1, current[j - 1] + 1)
                if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
                    best = min(best, beforePrevious[j - 2] + 1)
                }
                current.append(best)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}
