import CKernels
import CaliberColumns
import CaliberDictionary
import CaliberTables

/// A predicate bound to the columns of one segment: what their bounds and strings decide is decided already.
indirect enum SegmentPredicate {
    case always
    case never
    /// Stored values from `low` to `low` + `span`.
    case span(EncodedColumn, low: UInt64, span: UInt64)
    case table(EncodedColumn, passing: [UInt8], nullPasses: Bool)
    case isNull(EncodedColumn)
    case isNotNull(EncodedColumn)
    case all([SegmentPredicate])
    case any([SegmentPredicate])
    case expression(Int)
    /// The value of an expression lies within.
    case moments(Int, ClosedRange<Int64>)

    /// - Parameter column: gives a stored column of the segment.
    init(
        _ predicate: RowPredicate, column: (ColumnReference) throws -> EncodedColumn
    ) throws {
        switch predicate {
        case .expression(let position):
            self = .expression(position)
        case .span(let reference, let lanes):
            self = SegmentPredicate.span(try column(reference), lanes)
        case .text(let reference, let condition, let expression):
            let column = try column(reference)
            self =
                column.pool.flatMap { condition.truths(in: $0) }
                .map { SegmentPredicate.truths($0, column, expression: expression) } ?? .expression(expression)
        case .isNull(let reference):
            let column = try column(reference)
            self = column.nullCount == 0 ? .never : column.nullCount == column.rowCount ? .always : .isNull(column)
        case .isNotNull(let reference):
            self = SegmentPredicate.notNull(try column(reference))
        case .all(let parts):
            self = .conjunction(try parts.map { try SegmentPredicate($0, column: column) })
        case .any(let parts):
            self = .disjunction(try parts.map { try SegmentPredicate($0, column: column) })
        }
    }

    static func conjunction(_ parts: [SegmentPredicate]) -> SegmentPredicate {
        var open: [SegmentPredicate] = []
        for part in parts {
            switch part {
            case .always: continue
            case .never: return .never
            case .all(let inner): open += inner
            default: open.append(part)
            }
        }
        return open.isEmpty ? .always : open.count == 1 ? open[0] : .all(open)
    }

    static func disjunction(_ parts: [SegmentPredicate]) -> SegmentPredicate {
        var open: [SegmentPredicate] = []
        for part in parts {
            switch part {
            case .never: continue
            case .always: return .always
            case .any(let inner): open += inner
            default: open.append(part)
            }
        }
        return open.isEmpty ? .never : open.count == 1 ? open[0] : .any(open)
    }

    /// More codes than this are looked up in a table.
    private static let mostSpans = 4

    private static func notNull(_ column: EncodedColumn) -> SegmentPredicate {
        column.nullCount == 0 ? .always : column.nullCount == column.rowCount ? .never : .isNotNull(column)
    }

    private static func span(_ column: EncodedColumn, _ lanes: ClosedRange<Int64>) -> SegmentPredicate {
        guard let bounds = column.bounds, bounds.overlaps(lanes) else { return .never }
        if lanes.lowerBound <= bounds.lowerBound, lanes.upperBound >= bounds.upperBound { return notNull(column) }
        let wanted = lanes.clamped(to: bounds)
        guard column.width != .eight else {
            return .span(
                column, low: UInt64(bitPattern: wanted.lowerBound),
                span: UInt64(bitPattern: wanted.upperBound &- wanted.lowerBound))
        }
        // Distances from the base fit: the bounds lie within 2³² steps of it.
        let step = UInt64(column.scale)
        let low = (UInt64(bitPattern: wanted.lowerBound &- column.base) + step - 1) / step
        let high = UInt64(bitPattern: wanted.upperBound &- column.base) / step
        return low <= high ? .span(column, low: low, span: high - low) : .never
    }

    private static func truths(
        _ truths: CodeTruths, _ column: EncodedColumn, expression: Int
    ) -> SegmentPredicate {
        let nullPasses = truths.nullPasses && column.nullCount > 0
        guard let bounds = column.bounds else { return nullPasses ? .always : .never }
        if case .list(let codes) = truths, codes.count <= mostSpans {
            return .disjunction(codes.map { span(column, Int64($0)...Int64($0)) })
        }
        let bytes = truths.bytes(bounds)
        let passing = bytes.reduce(0) { $0 + Int($1) }
        if passing == 0, !nullPasses { return .never }
        if passing == bytes.count, !nullPasses { return notNull(column) }
        if passing == bytes.count, column.nullCount == 0 || nullPasses { return .always }
        if let first = bytes.firstIndex(of: 1), let last = bytes.lastIndex(of: 1), last - first + 1 == passing,
            !nullPasses
        {
            return span(column, bounds.lowerBound + Int64(first)...bounds.lowerBound + Int64(last))
        }
        // By stored value: from the base, in steps.
        guard column.width != .eight else { return .expression(expression) }
        let offset = Int(column.base - bounds.lowerBound)
        let table = stride(from: offset, to: bytes.count, by: Int(column.scale)).map { bytes[$0] }
        return .table(column, passing: table, nullPasses: nullPasses)
    }
}

extension SegmentPredicate {
    /// The expressions that have to be evaluated.
    var expressions: [Int] {
        switch self {
        case .expression(let position), .moments(let position, _): [position]
        case .all(let parts), .any(let parts): parts.flatMap(\.expressions)
        case .always, .never, .span, .table, .isNull, .isNotNull: []
        }
    }

    var isNever: Bool {
        if case .never = self { true } else { false }
    }
}

/// Evaluates predicates over chunks of rows. One thread's own.
final class PredicateEvaluation {
    private let expressions: SegmentExpressions
    private let validity = ScratchBuffer<UInt8>(count: SegmentScan.longestChunk, repeating: 0)
    /// One mask for each level of nesting.
    private var levels: [ScratchBuffer<UInt8>] = []

    init(_ expressions: SegmentExpressions) {
        self.expressions = expressions
    }

    /// Writes 1 for each row that passes, else 0.
    func evaluate(
        _ predicate: SegmentPredicate, rows: Range<Int>, into mask: UnsafeMutablePointer<UInt8>, depth: Int = 0
    ) {
        let count = rows.count
        switch predicate {
        case .always:
            mask.update(repeating: 1, count: count)
        case .never:
            mask.update(repeating: 0, count: count)
        case .span(let column, let low, let span):
            StoredValues(column: column, rows: rows).mask(low: low, span: span, into: mask)
            if column.nullCount > 0 {
                column.readValidity(rows: rows, into: validity.pointer)
                kernels_and(mask, validity.pointer, count)
            }
        case .table(let column, let passing, let nullPasses):
            StoredValues(column: column, rows: rows).mask(table: passing, into: mask)
            if column.nullCount > 0 {
                column.readValidity(rows: rows, into: validity.pointer)
                kernels_and(mask, validity.pointer, count)
                if nullPasses { for row in 0..<count { mask[row] |= validity[row] ^ 1 } }
            }
        case .isNotNull(let column):
            column.readValidity(rows: rows, into: mask)
        case .isNull(let column):
            column.readValidity(rows: rows, into: mask)
            for row in 0..<count { mask[row] ^= 1 }
        case .all(let parts):
            combine(parts, rows, into: mask, depth, kernels_and)
        case .any(let parts):
            combine(parts, rows, into: mask, depth, kernels_or)
        case .expression(let position):
            let result = expressions.values(of: position, rows: rows)
            for row in 0..<count { mask[row] = UInt8(truncatingIfNeeded: result.lanes[row]) & result.validity[row] }
        case .moments(let position, let range):
            let moments = expressions.values(of: position, rows: rows)
            for row in 0..<count { mask[row] = (range.contains(moments.lanes[row]) ? 1 : 0) & moments.validity[row] }
        }
    }

    private func combine(
        _ parts: [SegmentPredicate], _ rows: Range<Int>, into mask: UnsafeMutablePointer<UInt8>, _ depth: Int,
        _ join: (UnsafeMutablePointer<UInt8>, UnsafePointer<UInt8>, Int) -> Void
    ) {
        if levels.count <= depth {
            levels.append(ScratchBuffer<UInt8>(count: SegmentScan.longestChunk, repeating: 0))
        }
        let other = levels[depth]
        evaluate(parts[0], rows: rows, into: mask, depth: depth + 1)
        for part in parts.dropFirst() {
            evaluate(part, rows: rows, into: other.pointer, depth: depth + 1)
            join(mask, UnsafePointer(other.pointer), rows.count)
        }
    }
}
