import CXXHash
import Glibc

/// The values of all identifiers under dense codes, in the order in which they were first heard of.
final class NodePool {
    // Why accesses need no check at run time is said at `NodeKinds`.
    @exclusivity(unchecked) private(set) var records = GrowingBuffer<NodeRecord>(capacity: 256)
    @exclusivity(unchecked) private var texts = GrowingBuffer<UInt8>(capacity: 4096)
    @exclusivity(unchecked) private var table = CodeTable()
    let kinds: NodeKinds
    @exclusivity(unchecked) private(set) var count = 0

    /// Codes carry a mark in their highest bit.
    static let limit = Int(Int32.max) - 1

    init(kinds: NodeKinds) {
        self.kinds = kinds
        records.append(NodePool.end(at: 0))
    }

    deinit {
        records.free()
        texts.free()
        table.free()
    }

    private static func end(at textStart: Int) -> NodeRecord {
        NodeRecord(
            textStart: textStart, firstSeen: .max, lastSeen: .min, firstEdge: NodeRecord.noEdge, degree: 0,
            rawParent: NodeRecord.isRoot, rawNext: 0, strongParent: NodeRecord.isRoot, person: 0, kind: 0, flags: [])
    }

    func kind(_ identifier: Int, within scope: String) -> UInt16? { kinds.kind(identifier, within: scope) }

    @inline(__always)
    static func hash(_ kind: UInt16, _ text: UnsafeRawBufferPointer) -> UInt64 {
        XXH3_64bits_withSeed(text.baseAddress, text.count, UInt64(kind))
    }

    /// Makes the processor fetch what a look-up will meet: several fetches take no longer than one.
    @inline(__always)
    func glance(_ hash: UInt64) -> UInt64 { table.slots[table.home(hash)] }

    /// The node's text as far as a look-up needs it, likewise.
    @inline(__always)
    func glance(at slot: UInt64) -> Int {
        guard slot != 0 else { return 0 }
        return records.base[Int(UInt32(truncatingIfNeeded: slot) &- 1)].textStart
    }

    @inline(__always)
    func glance(atText start: Int) -> UInt8 { texts.base[start] }

    /// The code of a value, a new one when it was not there.
    @inline(__always)
    func intern(_ kind: UInt16, _ text: UnsafeRawBufferPointer, _ hash: UInt64) -> UInt32 {
        find(kind, text, hash) ?? add(kind, text, hash)
    }

    @inline(__always)
    func find(_ kind: UInt16, _ text: UnsafeRawBufferPointer, _ hash: UInt64) -> UInt32? {
        let records = records.base
        let texts = texts.base
        return table.find(hash) { code in
            let record = records + Int(code)
            let start = record.pointee.textStart
            guard record.pointee.kind == kind, record[1].textStart - start == text.count else { return false }
            guard let wanted = text.baseAddress else { return true }
            return memcmp(texts + start, wanted, text.count) == 0
        }
    }

    private func add(_ kind: UInt16, _ text: UnsafeRawBufferPointer, _ hash: UInt64) -> UInt32 {
        precondition(count < NodePool.limit, "a graph holds at most \(NodePool.limit) nodes")
        let code = UInt32(count)
        texts.append(text.bindMemory(to: UInt8.self))
        records.append(NodePool.end(at: texts.count))
        records.base[count].kind = kind
        records.base[count].rawNext = code
        records.base[count].strongParent = NodeRecord.isRoot | (kinds.isSomebody(kind) ? 1 : 0)
        records.base[count].flags = kinds.isBlocked(kind, text) ? .blocked : []
        table.add(code, hash)
        count += 1
        return code
    }

    @inline(__always)
    func text(_ code: UInt32) -> UnsafeRawBufferPointer {
        let record = records.base + Int(code)
        let start = record.pointee.textStart
        return UnsafeRawBufferPointer(start: texts.base + start, count: record[1].textStart - start)
    }

    func string(_ code: UInt32) -> String { String(decoding: text(code), as: UTF8.self) }

    /// By identifier, scope and text, byte by byte: the same however codes were given.
    func precedes(_ left: UInt32, _ right: UInt32) -> Bool {
        let leftKind = records.base[Int(left)].kind
        let rightKind = records.base[Int(right)].kind
        if leftKind != rightKind { return kinds.precedes(leftKind, rightKind) }
        let (one, other) = (text(left), text(right))
        let shared = min(one.count, other.count)
        if shared > 0, let first = one.baseAddress, let second = other.baseAddress {
            let order = memcmp(first, second, shared)
            if order != 0 { return order < 0 }
        }
        return one.count < other.count
    }
}
