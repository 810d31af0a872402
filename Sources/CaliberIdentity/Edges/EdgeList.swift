import CaliberColumns

/// All edges, found by their ends and rule, and listed by node.
final class EdgeList {
    // Why accesses need no check at run time is said at `NodeKinds`.
    @exclusivity(unchecked) private(set) var records = GrowingBuffer<EdgeRecord>(capacity: 256)
    @exclusivity(unchecked) private var table = CodeTable()
    /// The ids of events, of each edge's earliest evidence.
    private let events = StringPool()
    @exclusivity(unchecked) private(set) var rules: [String] = []
    private var ruleCodes: [String: UInt16] = [:]
    /// Thousandths, of edges that have a weight of their own.
    @exclusivity(unchecked) var scores: [UInt32: UInt32] = [:]

    /// Rules are declared or named by programs.
    static let ruleLimit = 60_000

    deinit {
        records.free()
        table.free()
    }

    var count: Int { records.count }

    /// - Returns: nil where there are too many rules already.
    func rule(_ name: String) -> UInt16? {
        if let code = ruleCodes[name] { return code }
        guard rules.count < EdgeList.ruleLimit else { return nil }
        let code = UInt16(rules.count)
        ruleCodes[name] = code
        rules.append(name)
        return code
    }

    func ruleCode(named name: String) -> UInt16? { ruleCodes[name] }

    /// The same for both directions. Source of the mixing: Stafford's variant 13 of MurmurHash3's finaliser.
    @inline(__always)
    static func hash(_ one: UInt32, _ other: UInt32, _ rule: UInt16) -> UInt64 {
        let (low, high) = one < other ? (one, other) : (other, one)
        var mixed = (UInt64(high) << 32 | UInt64(low)) ^ UInt64(rule) &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    @inline(__always)
    func glance(_ hash: UInt64) -> UInt64 { table.slots[table.home(hash)] }

    @inline(__always)
    func find(_ one: UInt32, _ other: UInt32, _ rule: UInt16, _ hash: UInt64) -> UInt32? {
        let records = records.base
        return table.find(hash) { edge in
            let record = records + Int(edge)
            let (left, right) = (record.pointee.one, record.pointee.other)
            return record.pointee.rule == rule && (left == one && right == other || left == other && right == one)
        }
    }

    /// Adds an edge that is not there yet, at the head of both its ends' lists.
    @inline(__always)
    func add(_ record: EdgeRecord, _ event: UnsafeRawBufferPointer, _ hash: UInt64) -> UInt32 {
        precondition(records.count < Int(UInt32.max) - 1, "a graph holds at most \(UInt32.max) edges")
        let edge = UInt32(records.count)
        var record = record
        record.event = events.append(event)
        records.append(record)
        table.add(edge, hash)
        return edge
    }

    func event(of edge: UInt32) -> UnsafeRawBufferPointer { events[records.base[Int(edge)].event] }

    /// Puts an earlier event in the place of the one that an edge had.
    func replaceEvent(of edge: UInt32, by event: UnsafeRawBufferPointer) {
        records.base[Int(edge)].event = events.append(event)
    }
}
