import CaliberCore

extension StateWriting {
    mutating func write(_ decision: Decision) {
        switch decision.verdict {
        case .split(let one, let other): write(0, one, other)
        case .merge(let one, let other): write(1, one, other)
        case .release(let one, let other): write(2, one, other)
        case .cut(let selection):
            write(3)
            write(selection)
        case .restore(let selection):
            write(4)
            write(selection)
        }
        write(decision.who)
        write(decision.why)
        write(signed: decision.at.microseconds)
    }

    private mutating func write(_ sort: UInt64, _ one: NodeName, _ other: NodeName) {
        write(sort)
        write(one)
        write(other)
    }

    private mutating func write(_ name: NodeName) {
        write(name.identifier)
        write(name.scope)
        write(name.value)
    }

    private mutating func write(_ selection: EdgeSelection) {
        switch selection {
        case .edge(let one, let other, let rule):
            write(rule == nil ? 0 : 1, one, other)
            if let rule { write(rule) }
        case .rule(let name):
            write(2)
            write(name)
        case .weakerThan(let weight):
            write(3)
            write(signed: Int64(weight))
        }
    }
}

extension StateReading {
    mutating func decision() -> Decision? {
        guard let verdict = verdict(), let who = string(), let why = string(), let at = signed() else { return nil }
        return Decision(verdict, who: who, why: why, at: Timestamp(microseconds: at))
    }

    private mutating func verdict() -> Decision.Verdict? {
        switch number() {
        case 0: pair().map { .split($0.one, $0.other) }
        case 1: pair().map { .merge($0.one, $0.other) }
        case 2: pair().map { .release($0.one, $0.other) }
        case 3: selection().map { .cut($0) }
        case 4: selection().map { .restore($0) }
        default: nil
        }
    }

    private mutating func pair() -> (one: NodeName, other: NodeName)? {
        guard let one = name(), let other = name() else { return nil }
        return (one, other)
    }

    private mutating func name() -> NodeName? {
        guard let identifier = string(), let scope = string(), let value = string() else { return nil }
        return NodeName(identifier, value, within: scope)
    }

    private mutating func selection() -> EdgeSelection? {
        let sort = number()
        switch sort {
        case 0, 1:
            guard let pair = pair() else { return nil }
            guard sort == 1 else { return .edge(pair.one, pair.other, rule: nil) }
            return string().map { .edge(pair.one, pair.other, rule: $0) }
        case 2: return string().map { .rule($0) }
        case 3: return signed().flatMap { Int(exactly: $0) }.map { .weakerThan($0) }
        default: return nil
        }
    }
}
