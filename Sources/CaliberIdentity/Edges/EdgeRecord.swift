/// What the graph keeps of two nodes that one rule ties: the bounds of its evidence, whatever its number.
struct EdgeRecord {
    /// Microseconds.
    var first: Int64
    var last: Int64
    /// The node whose code was lower is not always the first: ends stand as the first evidence named them.
    var one: UInt32
    var other: UInt32
    var nextOfOne: UInt32
    var nextOfOther: UInt32
    /// The earliest evidence's event, in the pool of events.
    var event: UInt32
    var rule: UInt16
    var flags: EdgeFlags

    @inline(__always)
    func end(beside node: UInt32) -> UInt32 { one == node ? other : one }

    @inline(__always)
    func next(of node: UInt32) -> UInt32 { one == node ? nextOfOne : nextOfOther }
}

struct EdgeFlags: OptionSet, BitwiseCopyable {
    let rawValue: UInt16

    /// Both ends are strong identifiers.
    static let strong = EdgeFlags(rawValue: 1)
    /// It takes part: neither cut nor faded, and both its ends say something.
    static let active = EdgeFlags(rawValue: 2)
    /// An operator has cut it.
    static let cut = EdgeFlags(rawValue: 4)
    /// An operator's word that two are one.
    static let merge = EdgeFlags(rawValue: 8)
    /// It has a weight of its own, from scoring.
    static let scored = EdgeFlags(rawValue: 16)
    /// Changed since the last save.
    static let unsaved = EdgeFlags(rawValue: 32)
    /// In a component that fell into several persons: why it joins nothing.
    static let overLimit = EdgeFlags(rawValue: 64)
    static let heldApart = EdgeFlags(rawValue: 128)
    static let waits = EdgeFlags(rawValue: 256)

    static let tooLight = EdgeFlags(rawValue: 512)

    static let refusals: EdgeFlags = [.overLimit, .heldApart, .waits, .tooLight]
}
