import CaliberCore

/// Compiles the expressions of one scope and reports what is wrong with them.
struct ScopedCompiler {
    let scope: ExpressionScope
    /// Names that exist but have a fault already reported. An expression that mentions one is passed over in silence,
    /// so that one fault is told once.
    let brokenNames: Set<String>
    let log: ProblemLog

    func compile(_ value: YAMLValue, expecting: ExpectedType?) -> TypedExpression? {
        guard let text = value.text else { return nil }
        if !brokenNames.isEmpty, !ExpressionMentions.names(in: text).isDisjoint(with: brokenNames) { return nil }
        switch ExpressionCompiler.compile(text, in: scope, at: value.textLocation, expecting: expecting) {
        case .success(let expression): return expression
        case .failure(let diagnostics):
            log.report(diagnostics)
            return nil
        }
    }
}

/// The names that an expression's text mentions, without parsing it: what to resolve before it can be compiled.
enum ExpressionMentions {
    static func names(in text: String) -> Set<String> {
        var names: Set<String> = []
        var rest = Substring(text)
        while let first = rest.unicodeScalars.first {
            if first == "'" || first == "\"" {
                let content = rest.dropFirst().prefix { String($0) != String(first) }
                if first == "\"" { names.insert(String(content)) }
                rest = rest.dropFirst().dropFirst(content.count).dropFirst()
            } else if isNamePart(first) {
                let name = rest.unicodeScalars.prefix(while: isNamePart)
                names.insert(String(name))
                rest = rest[name.endIndex...]
            } else {
                rest.unicodeScalars.removeFirst()
            }
        }
        return names
    }

    private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_" || scalar == "."
    }
}
