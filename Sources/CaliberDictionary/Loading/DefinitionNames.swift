import CaliberCore

/// How names may look.
///
/// `__` joins names in a query (`product__category`, `paid_at__month`), so no name holds it; grains and the words of
/// the expression language name nothing.
enum DefinitionNames {
    static let reserved: Set<String> = Set(
        ["metric_time"] + TimeGrain.allCases.map(\.rawValue) + ExpressionToken.Keyword.allCases.map(\.rawValue))

    /// Reports and gives false where a name may not stand.
    static func check(_ name: String, of what: String, at location: SourceLocation, _ log: ProblemLog) -> Bool {
        guard isName(name) else {
            let guess = repaired(name)
            log.report(
                .name(
                    .badName(
                        name: name, of: what, suggestion: isName(guess) && guess != name ? guess : nil, at: location)))
            return false
        }
        guard !reserved.contains(name) else {
            log.report(.name(.reservedName(name: name, of: what, at: location)))
            return false
        }
        return true
    }

    /// Names joined by dots, of contracts and fields.
    static func checkDotted(_ name: String, of what: String, at location: SourceLocation, _ log: ProblemLog) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ isName(String($0)) }), name.utf8.count <= DictionaryLimits.nameLength else {
            log.report(.name(.badContractName(name: name, of: what, at: location)))
            return false
        }
        return true
    }

    static func isName(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first),
            bytes.count <= DictionaryLimits.nameLength
        else { return false }
        var previous = first
        for byte in bytes.dropFirst() {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): break
            case UInt8(ascii: "_") where previous != UInt8(ascii: "_"): break
            default: return false
            }
            previous = byte
        }
        return true
    }

    /// `Paid-Amount` as `paid_amount`.
    private static func repaired(_ name: String) -> String {
        var letters = ""
        for character in name.lowercased() {
            let keeps = character.isASCII && (character.isLetter || character.isNumber)
            if keeps { letters.append(character) } else if letters.last != "_" { letters.append("_") }
        }
        return letters
    }

    /// `M-0012`: letters, digits and hyphens, beginning with a letter, with a digit so that no id is a name.
    static func isMetricID(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, isLetter(first), bytes.count <= DictionaryLimits.nameLength else { return false }
        return bytes.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
            && bytes.contains(where: isDigit) && !isName(text)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }
}

/// Names already given, with their places.
struct NameRegister {
    let what: String
    private var places: [String: SourceLocation] = [:]

    init(of what: String) { self.what = what }

    /// Reports and gives false when the name is taken.
    mutating func register(_ name: String, at location: SourceLocation, _ log: ProblemLog) -> Bool {
        if let first = places[name] {
            log.report(.name(.duplicateName(name: name, of: what, first: first, at: location)))
            return false
        }
        places[name] = location
        return true
    }

    var names: Dictionary<String, SourceLocation>.Keys { places.keys }
    func contains(_ name: String) -> Bool { places[name] != nil }
}
