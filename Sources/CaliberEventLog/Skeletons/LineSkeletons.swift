import CSimdJSON
import Foundation

/// What was learned of lines that were accepted: lines of the same shape are then read without parsing them.
///
/// Serves one thread at a time.
final class LineSkeletons {
    private var handle: OpaquePointer
    /// By their numbers.
    private var skeletons = UnsafeMutablePointer<Skeleton>.allocate(capacity: Int(CALIBER_SKELETON_LIMIT))
    private var count = 0
    /// For the log, which keeps lines by what is particular to them. In the order of the skeletons' numbers.
    private(set) var templates: [LineTemplate] = []
    private let fixedNames: [UnsafeMutablePointer<CChar>?]

    /// Names whose texts are part of a skeleton. `id`, `source` and `time` differ from line to line; of the others every
    /// sender has few.
    private static let fixedSlots: [EnvelopeSlot] = [.specversion, .type, .datacontenttype]

    init() {
        handle = LineSkeletons.makeHandle()
        fixedNames = LineSkeletons.fixedSlots.map { strdup($0.name) }
    }

    deinit {
        forgetAll()
        skeletons.deallocate()
        for name in fixedNames { free(name) }
        caliber_skeletons_destroy(handle)
    }

    private static func makeHandle() -> OpaquePointer {
        guard let handle = caliber_skeletons_create() else { fatalError("no memory for skeletons") }
        return handle
    }

    /// Numbers begin anew.
    func forgetAll() {
        for index in 0..<count { skeletons[index].deallocate() }
        count = 0
        templates = []
        caliber_skeletons_destroy(handle)
        handle = LineSkeletons.makeHandle()
    }

    @inline(__always)
    subscript(number: Int) -> UnsafeMutablePointer<Skeleton> { skeletons + number }

    /// - Parameter holes: room for `CALIBER_SKELETON_HOLE_LIMIT`.
    /// - Returns: the number of the line's skeleton; -1 when it has none.
    @inline(__always)
    func match(_ line: UnsafeBufferPointer<UInt8>, _ holes: UnsafeMutablePointer<caliber_hole>) -> Int32 {
        caliber_skeletons_match(handle, line.baseAddress, line.count, holes)
    }

    /// Whether lines may still be learned.
    var hasRoom: Bool { count < Int(CALIBER_SKELETON_LIMIT) }

    /// Learns a line that was parsed and accepted as it is.
    func learn(_ line: UnsafeBufferPointer<UInt8>, contract: Int, _ slots: ContractSlots) {
        var names = fixedNames.map { UnsafePointer($0) }
        let number = caliber_skeletons_learn(handle, line.baseAddress, line.count, &names, names.count)
        guard number == count else { return }
        let holeCount = caliber_skeleton_hole_count(handle, number)
        let holes = (0..<holeCount).map { hole in
            SkeletonHole(path: path(number, hole), kind: caliber_skeleton_kind(handle, number, hole))
        }
        (skeletons + count).initialize(to: Skeleton(holes, contract: contract, slots))
        count += 1
        templates.append(LineTemplate(pieces: (0...holeCount).map { piece(number, $0) }))
    }

    private func path(_ number: Int32, _ hole: Int) -> String {
        var length = 0
        return JSONValue.string(caliber_skeleton_path(handle, number, hole, &length), length)
    }

    private func piece(_ number: Int32, _ index: Int) -> [UInt8] {
        var length = 0
        let text = caliber_skeleton_piece(handle, number, index, &length)
        return Array(UnsafeRawBufferPointer(start: text, count: length))
    }
}

/// Which slot a contract's decoder wants each of its fields in.
struct ContractSlots {
    let names: [String]
    /// The slot of the field whose texts are looked for first; nil when there is none.
    let leading: Int?

    var count: Int { names.count }
}

private typealias SkeletonHole = (path: String, kind: caliber_hole_kind)

/// What the lines of one skeleton are read by: plain bytes, owned by the list of skeletons.
struct Skeleton {
    let contract: Int
    let holeCount: Int
    /// Holes of the envelope; -1 where the lines have no time.
    let id: Int
    let source: Int
    let time: Int
    /// -1 where the lines do not say when they were recorded.
    let recordedTime: Int
    /// The hole of the contract's leading field; -1 when it has none.
    let leading: Int
    /// For the contract's decoder: a value a slot. What has no hole is absent, and stays so.
    let values: UnsafeMutablePointer<caliber_json_value>
    private let bindings: UnsafeMutablePointer<caliber_binding>
    private let bindingCount: Int

    fileprivate init(_ holes: [SkeletonHole], contract: Int, _ slots: ContractSlots) {
        self.contract = contract
        holeCount = holes.count
        func hole(_ name: String) -> Int { holes.firstIndex { $0.path == name } ?? -1 }
        id = hole("id")
        source = hole("source")
        time = hole("time")
        recordedTime = hole("recordedtime")
        leading = slots.leading.map { hole("data." + slots.names[$0]) } ?? -1
        precondition(id >= 0 && source >= 0, "an accepted line without id or source")
        values = .allocate(capacity: max(1, slots.count))
        values.initialize(repeating: caliber_json_value(), count: max(1, slots.count))
        let bound = slots.names.enumerated().compactMap { slot, name in
            holes.firstIndex { $0.path == "data." + name }.map { hole in
                caliber_binding(hole: UInt32(hole), kind: holes[hole].kind.rawValue, slot: UInt32(slot))
            }
        }
        bindings = .allocate(capacity: max(1, bound.count))
        bindings.initialize(from: bound, count: bound.count)
        bindingCount = bound.count
    }

    fileprivate func deallocate() {
        values.deallocate()
        bindings.deallocate()
    }

    /// Puts a line's values into their slots.
    @inline(__always)
    func read(_ line: UnsafePointer<UInt8>, _ holes: UnsafePointer<caliber_hole>) {
        caliber_holes_read(line, holes, bindings, bindingCount, values)
    }
}

extension caliber_hole {
    /// The hole's text in its line.
    @inline(__always)
    func text(in line: UnsafePointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: line + Int(start), count: Int(length))
    }
}
