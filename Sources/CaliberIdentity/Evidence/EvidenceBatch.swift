import CaliberCore

/// Evidence on its way into a graph: who was seen with whom, by which event, under which rule.
///
/// Texts stand one behind the other in one buffer, so that a batch is filled again without asking for memory.
package struct EvidenceBatch {
    /// One value of one identifier.
    struct Sighting: BitwiseCopyable {
        var start: Int
        var count: Int32
        var identifier: UInt8
        var scope: UInt16
    }

    struct Item: BitwiseCopyable {
        var one: Sighting
        /// `identifier` 255: the first was seen alone.
        var other: Sighting
        var first: Int64
        var last: Int64
        var eventStart: Int
        var eventCount: Int32
        var rule: UInt16
        /// Thousandths of a scored pair; 0: by the identifiers.
        var score: UInt32
    }

    private(set) var texts: [UInt8] = []
    private(set) var items: [Item] = []
    private(set) var scopes: [String] = [""]
    private(set) var rules: [String] = []
    private var scopeCodes: [String: UInt16] = ["": 0]
    private var ruleCodes: [String: UInt16] = [:]

    static let nobody: UInt8 = 255

    package init() {}

    package var count: Int { items.count }

    package mutating func removeAll() {
        texts.removeAll(keepingCapacity: true)
        items.removeAll(keepingCapacity: true)
    }

    /// The code of what values are unique in, such as one platform; 0 of none.
    package mutating func scope(_ name: String) -> UInt16 {
        if let code = scopeCodes[name] { return code }
        let code = UInt16(clamping: scopes.count)
        if scopes.count < Int(UInt16.max) {
            scopes.append(name)
            scopeCodes[name] = code
        }
        return code
    }

    /// The code of a rule: what says that two are one.
    package mutating func rule(_ name: String) -> UInt16 {
        if let code = ruleCodes[name] { return code }
        let code = UInt16(clamping: rules.count)
        if rules.count < Int(UInt16.max) {
            rules.append(name)
            ruleCodes[name] = code
        }
        return code
    }

    /// A value as evidence names it.
    package struct Value {
        package var identifier: Int
        package var scope: UInt16
        package var text: UnsafeRawBufferPointer

        package init(identifier: Int, scope: UInt16 = 0, text: UnsafeRawBufferPointer) {
            self.identifier = identifier
            self.scope = scope
            self.text = text
        }
    }

    /// Two values that one event ties; of the same bounds of time as far as they are known.
    ///
    /// - Parameters:
    ///   - score: thousandths; of a pair that scoring ties, which is then weak whatever its ends are.
    package mutating func add(
        _ one: Value, _ other: Value, rule: UInt16, event: UnsafeRawBufferPointer, first: Timestamp,
        last: Timestamp? = nil, score: Int = 0
    ) {
        let left = sighting(one)
        let right = sighting(other)
        let eventStart = texts.count
        texts.append(contentsOf: event)
        items.append(
            Item(
                one: left, other: right, first: first.microseconds,
                last: max(first, last ?? first).microseconds, eventStart: eventStart,
                eventCount: Int32(clamping: event.count), rule: rule, score: UInt32(clamping: score)))
    }

    /// A value that was seen by itself.
    package mutating func add(_ one: Value, first: Timestamp, last: Timestamp? = nil) {
        let left = sighting(one)
        items.append(
            Item(
                one: left, other: Sighting(start: 0, count: 0, identifier: EvidenceBatch.nobody, scope: 0),
                first: first.microseconds, last: max(first, last ?? first).microseconds, eventStart: 0, eventCount: 0,
                rule: 0, score: 0))
    }

    private mutating func sighting(_ value: Value) -> Sighting {
        let start = texts.count
        texts.append(contentsOf: value.text)
        return Sighting(
            start: start, count: Int32(clamping: value.text.count), identifier: UInt8(clamping: value.identifier),
            scope: value.scope)
    }
}

extension EvidenceBatch {
    /// For tests and people: the same with strings.
    package mutating func add(
        _ one: NodeName, _ other: NodeName, of policy: IdentityPolicy, rule ruleName: String, event: String,
        at first: Timestamp, last: Timestamp? = nil, score: Int = 0
    ) {
        guard let left = policy.identifier(named: one.identifier),
            let right = policy.identifier(named: other.identifier)
        else { return }
        let (leftScope, rightScope, rule) = (scope(one.scope), scope(other.scope), rule(ruleName))
        var (leftText, rightText, eventText) = (one.value, other.value, event)
        leftText.withUTF8 { leftBytes in
            rightText.withUTF8 { rightBytes in
                eventText.withUTF8 { eventBytes in
                    add(
                        Value(identifier: left, scope: leftScope, text: UnsafeRawBufferPointer(leftBytes)),
                        Value(identifier: right, scope: rightScope, text: UnsafeRawBufferPointer(rightBytes)),
                        rule: rule, event: UnsafeRawBufferPointer(eventBytes), first: first, last: last, score: score)
                }
            }
        }
    }

    package mutating func add(_ one: NodeName, of policy: IdentityPolicy, at first: Timestamp, last: Timestamp? = nil) {
        guard let identifier = policy.identifier(named: one.identifier) else { return }
        let scope = scope(one.scope)
        var text = one.value
        text.withUTF8 {
            add(
                Value(identifier: identifier, scope: scope, text: UnsafeRawBufferPointer($0)), first: first,
                last: last)
        }
    }
}

/// A node as people name it: `user_id`, within `douyin`, `u-17`.
package struct NodeName: Hashable, Sendable, CustomStringConvertible {
    package let identifier: String
    package let scope: String
    package let value: String

    package init(_ identifier: String, _ value: String, within scope: String = "") {
        self.identifier = identifier
        self.scope = scope
        self.value = value
    }

    package var description: String { scope.isEmpty ? "\(identifier):\(value)" : "\(identifier)@\(scope):\(value)" }
}
