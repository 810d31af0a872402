/// What the graph keeps of one value of one identifier.
struct NodeRecord {
    /// Where its text begins; it ends where the next record's begins.
    var textStart: Int
    /// Microseconds; `Int64.max` and `.min` of a node that only decisions name.
    var firstSeen: Int64
    var lastSeen: Int64
    /// The head of its list of edges.
    var firstEdge: UInt32
    /// Its edges by evidence, each rule's counted.
    var degree: UInt32
    /// Union-find of raw components: a root has `isRoot` and the number of its component, 0 where it stands alone.
    var rawParent: UInt32
    /// The members of a raw component stand in a ring.
    var rawNext: UInt32
    /// Union-find by strong edges alone: a root has `isRoot` and how many members are accounts or strong traits.
    var strongParent: UInt32
    /// In a component that fell into several persons: whose it is.
    var person: UInt32
    var kind: UInt16
    var flags: NodeFlags

    static let isRoot: UInt32 = 1 << 31
    static let noEdge = UInt32.max
}

struct NodeFlags: OptionSet, BitwiseCopyable {
    let rawValue: UInt16

    /// Nobody's: it takes part in nothing.
    static let blocked = NodeFlags(rawValue: 1)
    /// Shared by more accounts than its identifier allows: it says nothing of anybody.
    static let shared = NodeFlags(rawValue: 2)
    /// Its activity is to be looked at again at the end of the batch.
    static let touched = NodeFlags(rawValue: 4)
    /// An operator holds it apart from another.
    static let heldApart = NodeFlags(rawValue: 8)
    /// It was also seen by itself, which no edge remembers.
    static let seenAlone = NodeFlags(rawValue: 16)
    /// What was seen of it alone has changed since the last save.
    static let unsaved = NodeFlags(rawValue: 32)
}
