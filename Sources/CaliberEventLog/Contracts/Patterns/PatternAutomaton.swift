/// A pattern as a table of states: one look-up a byte says whether a whole text matches.
///
/// Source: Thompson's construction, and the subset construction of Rabin and Scott; Aho, Lam, Sethi, Ullman, Compilers,
/// 2nd ed., sections 3.7.1 and 3.7.4.
package final class PatternAutomaton: Sendable {
    /// The class of each ASCII character: characters of one class occur in the same sets of the pattern.
    private let classes: [UInt8]
    private let classCount: Int
    /// The state after each state and class; 0 is the one that nothing leads out of.
    private let next: [UInt16]
    private let isAccepting: [Bool]

    private static let start = 1
    static let stateLimit = 1024
    static let nodeLimit = 4096

    /// - Returns: nil when the pattern is none that an automaton can be made of, or needs too many states.
    package init?(_ pattern: String) {
        guard let syntax = PatternSyntax.parse(pattern) else { return nil }
        var nodes = PatternNodes()
        guard let end = nodes.add(syntax, from: 0) else { return nil }
        (classes, classCount) = PatternAutomaton.classes(of: nodes.sets)
        var representatives = [UInt8](repeating: 0, count: classCount)
        for byte in (0..<128 as Range<UInt8>).reversed() { representatives[Int(classes[Int(byte)])] = byte }
        var states = [[], nodes.closure(of: [0])]
        var numbers: [[Int]: Int] = [[]: 0, states[1]: 1]
        var next = [UInt16](repeating: 0, count: classCount)
        var state = PatternAutomaton.start
        while state < states.count {
            for representative in representatives {
                let target = nodes.closure(of: nodes.step(states[state], representative))
                let number = numbers[target] ?? states.count
                if number == states.count {
                    guard number < PatternAutomaton.stateLimit else { return nil }
                    states.append(target)
                    numbers[target] = number
                }
                next.append(UInt16(number))
            }
            state += 1
        }
        self.next = next
        isAccepting = states.map { $0.contains(end) }
    }

    /// Whether a whole text matches; nil when it has characters past ASCII, which the table does not know.
    package func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool? {
        var state = PatternAutomaton.start
        var isASCII = true
        next.withUnsafeBufferPointer { next in
            classes.withUnsafeBufferPointer { classes in
                for byte in text {
                    guard byte < 128 else {
                        isASCII = false
                        return
                    }
                    state = Int(next[state * classCount + Int(classes[Int(byte)])])
                }
            }
        }
        return isASCII ? isAccepting[state] : nil
    }

    private static func classes(of sets: Set<ASCIISet>) -> (classes: [UInt8], count: Int) {
        let sets = Array(sets)
        var numbers: [[Bool]: UInt8] = [:]
        let classes = (0..<128 as Range<UInt8>).map { byte in
            let membership = sets.map { $0.contains(byte) }
            let number = numbers[membership] ?? UInt8(numbers.count)
            numbers[membership] = number
            return number
        }
        return (classes, numbers.count)
    }
}

/// The nondeterministic automaton on the way: nodes with one labelled step or some free ones.
private struct PatternNodes {
    private struct Node {
        var set: ASCIISet?
        var target = 0
        var free: [Int] = []
    }

    private var nodes = [Node()]
    private(set) var sets: Set<ASCIISet> = []

    /// Adds what reads some syntax from a node on, and gives the node it ends at; nil when there are too many.
    mutating func add(_ syntax: PatternSyntax, from start: Int) -> Int? {
        switch syntax {
        case .characters(let set):
            guard let node = make(), let end = make() else { return nil }
            sets.insert(set)
            nodes[start].free.append(node)
            nodes[node].set = set
            nodes[node].target = end
            return end
        case .sequence(let parts):
            var end = start
            for part in parts {
                guard let next = add(part, from: end) else { return nil }
                end = next
            }
            return end
        case .alternatives(let parts):
            guard let end = make() else { return nil }
            for part in parts {
                guard let first = make() else { return nil }
                nodes[start].free.append(first)
                guard let last = add(part, from: first) else { return nil }
                nodes[last].free.append(end)
            }
            return end
        case .repeated(let inner, let least, let most): return addRepeated(inner, least, most, from: start)
        }
    }

    private mutating func addRepeated(_ inner: PatternSyntax, _ least: Int, _ most: Int?, from start: Int) -> Int? {
        var end = start
        for _ in 0..<least {
            guard let next = add(inner, from: end) else { return nil }
            end = next
        }
        guard let exit = make() else { return nil }
        guard let most else {
            guard let entry = make() else { return nil }
            nodes[end].free.append(entry)
            guard let last = add(inner, from: entry) else { return nil }
            nodes[last].free.append(entry)
            nodes[entry].free.append(exit)
            return exit
        }
        for _ in least..<most {
            guard let entry = make() else { return nil }
            nodes[end].free += [entry, exit]
            guard let next = add(inner, from: entry) else { return nil }
            end = next
        }
        nodes[end].free.append(exit)
        return exit
    }

    private mutating func make() -> Int? {
        guard nodes.count < PatternAutomaton.nodeLimit else { return nil }
        nodes.append(Node())
        return nodes.count - 1
    }

    /// Nodes that one character leads to.
    func step(_ from: [Int], _ byte: UInt8) -> [Int] {
        from.compactMap { nodes[$0].set?.contains(byte) == true ? nodes[$0].target : nil }
    }

    /// Nodes that free steps lead to, these included, ascending.
    func closure(of some: [Int]) -> [Int] {
        var reached = Set(some)
        var waiting = some
        while let node = waiting.popLast() {
            for target in nodes[node].free where reached.insert(target).inserted { waiting.append(target) }
        }
        return reached.sorted()
    }
}
