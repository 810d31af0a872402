/// A raw component of two nodes or more: what all active edges tie, before any of them is refused.
struct Component: BitwiseCopyable {
    var size: UInt32
    /// The node whose person everybody is, if the component is one person.
    var anchor: UInt32
    /// Groups that strong edges tie and that are somebody: they have an account or a strong trait.
    var somebodyCount: UInt32
    /// Those of at least two accounts or strong traits.
    var denseCount: UInt32
    var flags: ComponentFlags
    var summary: LimitSummary
}

struct ComponentFlags: OptionSet, BitwiseCopyable {
    let rawValue: UInt32

    /// A limit may be broken: its members are to be counted.
    static let suspect = ComponentFlags(rawValue: 1)
    /// It fell into several persons: nodes say whose they are.
    static let divided = ComponentFlags(rawValue: 2)
    static let dirty = ComponentFlags(rawValue: 4)
    /// Some members are held apart by an operator.
    static let heldApart = ComponentFlags(rawValue: 8)
    /// Some weak edge weighs too little to join anybody to anybody by itself.
    static let light = ComponentFlags(rawValue: 16)
}

/// Components under numbers from 1; 0 is that of a node alone.
struct ComponentList {
    private(set) var records = GrowingBuffer<Component>(capacity: 64)
    private var free: [UInt32] = []

    init() {
        records.append(
            Component(size: 1, anchor: 0, somebodyCount: 0, denseCount: 0, flags: [], summary: LimitSummary()))
    }

    func release() { records.free() }

    mutating func add(_ component: Component) -> UInt32 {
        if let number = free.popLast() {
            records.base[Int(number)] = component
            return number
        }
        records.append(component)
        return UInt32(records.count - 1)
    }

    mutating func remove(_ number: UInt32) { free.append(number) }
}
