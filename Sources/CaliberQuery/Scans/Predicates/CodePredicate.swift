import CaliberColumns
import CaliberCore
import CaliberDictionary
import Synchronization

/// A condition on one column of strings, asked of each string once instead of each row.
final class CodePredicate: Sendable {
    private let program: VectorProgram
    /// The strings that alone pass, where the condition is no more than that.
    private let members: [String]?
    /// The pool is kept so that its identity stays its own.
    private let known = Mutex<[ObjectIdentifier: (pool: StringPool, truths: CodeTruths)]>([:])

    /// Pools with more strings are not asked as a whole.
    static let mostStrings = 1 << 16

    init(_ condition: TypedExpression, zone: BusinessZone) {
        program = VectorProgram(condition, zone: zone)
        members = CodePredicate.members(of: condition)
    }

    /// Which codes of a pool pass; nil when the pool is too large to be asked, or holds strings twice.
    func truths(in pool: StringPool) -> CodeTruths? {
        guard pool.isInterned else { return nil }
        if let members {
            return CodeTruths(codes: members.compactMap { pool.code(of: $0) }.sorted())
        }
        guard pool.count <= CodePredicate.mostStrings else { return nil }
        if let truths = known.withLock({ $0[ObjectIdentifier(pool)]?.truths }) { return truths }
        let truths = evaluate(pool)
        known.withLock { $0[ObjectIdentifier(pool)] = (pool, truths) }
        return truths
    }

    private func evaluate(_ pool: StringPool) -> CodeTruths {
        let run = VectorRun(program, source: PoolSource(strings: pool))
        var passing = [UInt8](repeating: 0, count: pool.count)
        var nullPasses = false
        // One row past the strings is null.
        for start in stride(from: 0, through: pool.count, by: VectorProgram.chunkRowCount) {
            let rows = start..<min(start + VectorProgram.chunkRowCount, pool.count + 1)
            let mask = run.evaluateMask(rows: rows)
            for (index, row) in rows.enumerated() {
                if row < pool.count { passing[row] = mask[index] } else { nullPasses = mask[index] != 0 }
            }
        }
        return CodeTruths(passing: passing, nullPasses: nullPasses)
    }

    private static func members(of condition: TypedExpression) -> [String]? {
        switch condition.node {
        case .comparison(.equal, let left, let right):
            for (column, literal) in [(left, right), (right, left)] {
                if case .column = column.node, case .literal(.text(let text)) = literal.node { return [text] }
            }
            return nil
        case .isMember(let value, let literals):
            guard case .column = value.node else { return nil }
            let texts = literals.compactMap { if case .text(let text) = $0 { text } else { nil } }
            return texts.count == literals.count ? Array(Set(texts)) : nil
        default:
            return nil
        }
    }
}

/// Which codes of one pool pass.
enum CodeTruths: Sendable {
    /// A byte a code, and whether a null passes.
    case table([UInt8], nullPasses: Bool)
    /// Few, ascending; nulls don't pass.
    case list([UInt32])

    init(codes: [UInt32]) { self = .list(codes) }

    init(passing: [UInt8], nullPasses: Bool) { self = .table(passing, nullPasses: nullPasses) }

    var nullPasses: Bool {
        if case .table(_, let nullPasses) = self { nullPasses } else { false }
    }

    /// A byte for each code of a range.
    func bytes(_ codes: ClosedRange<Int64>) -> [UInt8] {
        switch self {
        case .table(let passing, _):
            return codes.map { $0 >= 0 && $0 < passing.count ? passing[Int($0)] : 0 }
        case .list(let listed):
            var bytes = [UInt8](repeating: 0, count: codes.count)
            for code in listed where codes.contains(Int64(code)) {
                bytes[Int(Int64(code) - codes.lowerBound)] = 1
            }
            return bytes
        }
    }
}

/// Every string of a pool as a row, then a null.
private struct PoolSource: ColumnSource {
    let strings: StringPool

    var rowCount: Int { strings.count + 1 }

    func read(
        _ input: Int, rows: Range<Int>, into lanes: UnsafeMutablePointer<Int64>,
        validity: UnsafeMutablePointer<UInt8>
    ) {
        for (index, row) in rows.enumerated() {
            lanes[index] = row < strings.count ? Int64(row) : 0
            validity[index] = row < strings.count ? 1 : 0
        }
    }

    func pool(of input: Int) -> StringPool? { strings }
}
