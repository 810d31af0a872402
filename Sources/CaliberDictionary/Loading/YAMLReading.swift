import CaliberCore
import Yams

/// Reads one YAML text into values with places, within limits; what it can't read it reports and leaves out.
struct YAMLReading {
    let file: String
    private(set) var problems: [DictionaryProblem] = []
    private var remainingNodes = DictionaryLimits.nodesPerFile
    private var aliasCount = 0
    private var seenAnchors: Set<String> = []
    private var isRefused = false
    /// What stood where a parked key has its mark.
    private var parkedOriginals: [Unicode.Scalar: Unicode.Scalar] = [:]

    init(file: String) {
        self.file = file
    }

    /// - Returns: nil for an empty document, or when the text is refused as a whole (then `problems` says why).
    mutating func read(_ text: String) -> YAMLValue? {
        guard text.utf8.count <= DictionaryLimits.bytesPerFile else {
            problems.append(
                .file(.fileTooLarge(bytes: text.utf8.count, limit: DictionaryLimits.bytesPerFile, at: place(nil))))
            return nil
        }
        guard AliasCount.roughly(in: text) <= DictionaryLimits.aliasesPerFile else {
            problems.append(.file(.tooManyAliases(limit: DictionaryLimits.aliasesPerFile, at: place(nil))))
            return nil
        }
        let root = compose(text)
        return isRefused ? nil : root
    }

    /// Parses, and where a mapping holds a key twice parks the first of the two under another name of equal length and
    /// parses again: the parser gives up at the first such pair, but everything wrong is to be told at once.
    private mutating func compose(_ original: String) -> YAMLValue? {
        var text = original
        for _ in 0...DictionaryLimits.repeatedKeysPerFile {
            do {
                // Tags are left unresolved: the parser's rules cost seven regular expressions per scalar.
                let parser = try Parser(yaml: text, resolver: .basic)
                let root = try parser.singleRoot()
                // Nodes hold their anchors weakly; the parser owns them.
                return withExtendedLifetime(parser) { root.flatMap { value($0, depth: 0) } }
            } catch YamlError.duplicatedKeysInMapping(_, let context) {
                guard let parked = ParkedKey.park(in: text, at: context.mark) else {
                    problems.append(.file(.yamlSyntax(problem: "a key stands twice", at: place(context.mark))))
                    return nil
                }
                parkedOriginals[parked.mark] = parked.original
                text = parked.text
            } catch let error as YamlError {
                problems.append(syntaxProblem(error))
                return nil
            } catch {
                problems.append(.file(.yamlSyntax(problem: "\(error)", at: place(nil))))
                return nil
            }
        }
        problems.append(.file(.yamlSyntax(problem: "too many keys stand twice", at: place(nil))))
        return nil
    }

    private func syntaxProblem(_ error: YamlError) -> DictionaryProblem {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let words = [context?.text, problem].compactMap { $0 }.joined(separator: ", ")
            return .file(.yamlSyntax(problem: words, at: place(mark)))
        case .reader(let problem, _, _, _):
            return .file(.yamlSyntax(problem: problem, at: place(nil)))
        default:
            return .file(.yamlSyntax(problem: "\(error)", at: place(nil)))
        }
    }

    private mutating func value(_ node: Node, depth: Int) -> YAMLValue? {
        guard !isRefused else { return nil }
        let location = place(node.mark)
        guard depth <= DictionaryLimits.nestingDepth else {
            return refuse(.file(.tooDeep(limit: DictionaryLimits.nestingDepth, at: location)))
        }
        remainingNodes -= 1
        guard remainingNodes >= 0 else {
            return refuse(.file(.tooManyNodes(limit: DictionaryLimits.nodesPerFile, at: location)))
        }
        guard admitsAnchor(of: node) else {
            return refuse(.file(.tooManyAliases(limit: DictionaryLimits.aliasesPerFile, at: location)))
        }
        switch node {
        case .scalar(let scalar):
            return YAMLValue(.scalar(scalar.string, YAMLReading.style(scalar.style)), at: location)
        case .sequence(let sequence):
            return YAMLValue(.list(sequence.compactMap { value($0, depth: depth + 1) }), at: location)
        case .mapping(let mapping):
            return YAMLValue(.mapping(entries(mapping, depth: depth)), at: location)
        case .alias:
            return nil
        }
    }

    private static func style(_ style: Node.Scalar.Style) -> YAMLValue.ScalarStyle {
        switch style {
        case .any, .plain: .plain
        case .singleQuoted, .doubleQuoted: .quoted
        case .literal, .folded: .block
        }
    }

    /// A node that is met again under its anchor was reached through an alias.
    private mutating func admitsAnchor(of node: Node) -> Bool {
        guard let anchor = node.anchor?.rawValue, !seenAnchors.insert("\(anchor) \(place(node.mark))").inserted
        else { return true }
        aliasCount += 1
        return aliasCount <= DictionaryLimits.aliasesPerFile
    }

    private mutating func entries(_ mapping: Node.Mapping, depth: Int) -> [YAMLValue.Entry] {
        var entries: [YAMLValue.Entry] = []
        var parked: [SourceLocation] = []
        for (key, node) in mapping {
            guard case .scalar(let scalar) = key else {
                problems.append(.file(.keyIsNoText(at: place(key.mark))))
                continue
            }
            if ParkedKey.isParked(scalar.string) {
                parked.append(place(key.mark))
                continue
            }
            guard let value = value(node, depth: depth + 1) else { continue }
            entries.append(YAMLValue.Entry(key: scalar.string, keyLocation: place(key.mark), value: value))
        }
        reportParked(parked, among: mapping)
        return entries
    }

    private mutating func reportParked(_ parked: [SourceLocation], among mapping: Node.Mapping) {
        guard !parked.isEmpty else { return }
        for (key, _) in mapping {
            guard case .scalar(let scalar) = key, ParkedKey.isParked(scalar.string) else { continue }
            var letters = Array(scalar.string.unicodeScalars)
            letters[0] = parkedOriginals[letters[0]] ?? letters[0]
            let name = String(String.UnicodeScalarView(letters))
            let twin = mapping.first { other, _ in other.scalar?.string == name }
            problems.append(
                .file(.duplicateKey(key: name, first: place(key.mark), at: place(twin?.key.mark ?? key.mark))))
        }
    }

    private mutating func refuse(_ problem: DictionaryProblem) -> YAMLValue? {
        problems.append(problem)
        isRefused = true
        return nil
    }

    private func place(_ mark: Mark?) -> SourceLocation {
        SourceLocation(file: file, line: mark?.line, column: mark?.column)
    }
}

/// The first of two like keys, renamed in the text so that a second parse gets past it: its first character becomes
/// one of Unicode's private use, so that every place in the text stays where it was.
enum ParkedKey {
    private static let marks = UInt32(0xE000)...UInt32(0xE0FF)

    static func isParked(_ key: String) -> Bool {
        key.unicodeScalars.first.map { marks.contains($0.value) } ?? false
    }

    /// - Returns: nil when there is no key at that place, or every mark is in use.
    static func park(
        in text: String, at mark: Mark
    ) -> (text: String, mark: Unicode.Scalar, original: Unicode.Scalar)? {
        var scalars = Array(text.unicodeScalars)
        guard var index = offset(in: scalars, at: mark) else { return nil }
        if scalars[index] == "\"" || scalars[index] == "'" { index += 1 }
        guard index < scalars.count, !isParked(String(scalars[index])) else { return nil }
        let used = Set(scalars.map(\.value))
        guard let free = marks.first(where: { !used.contains($0) }), let replacement = Unicode.Scalar(free)
        else { return nil }
        let original = scalars[index]
        scalars[index] = replacement
        return (String(String.UnicodeScalarView(scalars)), replacement, original)
    }

    private static func offset(in scalars: [Unicode.Scalar], at mark: Mark) -> Int? {
        var line = 1
        var index = 0
        while line < mark.line, index < scalars.count {
            if scalars[index] == "\n" || (scalars[index] == "\r" && scalars[safe: index + 1] != "\n") { line += 1 }
            index += 1
        }
        index += mark.column - 1
        return index < scalars.count ? index : nil
    }
}

/// How many aliases a text may hold, seen before it is parsed: a mapping keyed by an alias of aliases of aliases would
/// keep the parser busy for hours.
enum AliasCount {
    /// Counts what looks like an alias, `*` before a letter where a value may begin; 0 when nothing looks like an anchor.
    static func roughly(in text: String) -> Int {
        var aliases = 0
        var hasAnchor = false
        var previous = UInt8(ascii: " ")
        var beforePrevious = UInt8(ascii: " ")
        for byte in text.utf8 {
            if startsValue(after: beforePrevious), byte != UInt8(ascii: " ") {
                if previous == UInt8(ascii: "*") { aliases += 1 }
                if previous == UInt8(ascii: "&") { hasAnchor = true }
            }
            beforePrevious = previous
            previous = byte
        }
        return hasAnchor ? aliases : 0
    }

    private static func startsValue(after byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "["),
            UInt8(ascii: "{"), UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "?"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

extension Array {
    subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
