import CaliberColumns
import CaliberCore

extension TableSet {
    /// Everything that must hold between segments, keys, anchors and the file; empty when it does.
    ///
    /// Reads every column of every segment: for tests, and for a nightly check.
    public func verify() -> [Diagnostic] {
        tables.flatMap { TableInspection(table: $0).problems().map(\.diagnostic) }
    }
}

/// One pass over a table, in which nothing of it changes.
private struct TableInspection {
    let table: WideTable
    private var layout: TableLayout { table.layout }

    func problems() -> [TablesProblem] {
        var problems: [TablesProblem] = []
        for segment in table.liveSegments {
            do {
                problems += try self.problems(of: segment)
            } catch let problem as TablesProblem {
                problems.append(problem)
            } catch {
                problems.append(broken(segment, "\(error)"))
            }
        }
        problems += orderProblems()
        if table.hasIndex, table.index.count != table.rowCount, let first = table.liveSegments.first {
            problems.append(broken(first, "\(table.index.count) keys stand for \(table.rowCount) rows"))
        }
        return problems
    }

    private func broken(_ segment: MutableSegment, _ what: String) -> TablesProblem {
        .brokenInvariant(table: table.name, segment: segment.id, what: what)
    }

    private func problems(of segment: MutableSegment) throws -> [TablesProblem] {
        var problems: [TablesProblem] = []
        if segment.rowCount > table.rowLimit {
            problems.append(broken(segment, "\(segment.rowCount) rows are over the limit of \(table.rowLimit)"))
        }
        var columns: [Column] = []
        for slot in layout.slots.indices {
            let column = try column(slot, of: segment)
            columns.append(column)
            problems += codeProblems(column, slot, segment)
        }
        problems += keyProblems(columns, segment)
        problems += anchorProblems(columns, segment)
        return problems
    }

    private struct Column {
        let buffer: LaneBuffer?
        let pool: StringPool?
        func lane(_ row: Int) -> Int64? {
            buffer.flatMap { $0.validity[row] == 0 ? nil : $0.lanes[row] }
        }
    }

    private func column(_ slot: Int, of segment: MutableSegment) throws -> Column {
        guard segment.residences[slot] == .stored, layout.slots[slot].isStored else {
            return Column(buffer: segment.buffers[slot], pool: segment.pools[slot])
        }
        guard let loader = table.loader else {
            throw TablesProblem.corruptSegment(
                table: table.name, column: layout.slots[slot].name, segment: segment.id)
        }
        // A cache of its own, so that the file is read and not what was read before.
        let fresh = ColumnLoader(
            table: loader.table, layout: layout, columnIDs: loader.columnIDs, view: loader.view,
            cache: ColumnCache(byteLimit: 0))
        let (buffer, pool) = try fresh.buffer(slot, of: segment.storedLine)
        return Column(buffer: buffer, pool: pool)
    }

    private func codeProblems(_ column: Column, _ slot: Int, _ segment: MutableSegment) -> [TablesProblem] {
        let count: Int
        switch layout.slots[slot].strings {
        case .none: return []
        case .segment: count = column.pool?.count ?? 0
        case .table:
            do {
                count = try table.pools[slot]?.writable().count ?? 0
            } catch {
                return [.corruptStrings(table: table.name, column: layout.slots[slot].name)]
            }
        }
        for row in 0..<segment.rowCount {
            if let lane = column.lane(row), !(0..<Int64(count)).contains(lane) {
                return [broken(segment, "a code of \(layout.slots[slot].name) names none of \(count) strings")]
            }
        }
        return []
    }

    private func keyProblems(_ columns: [Column], _ segment: MutableSegment) -> [TablesProblem] {
        var problems: [TablesProblem] = []
        var hasher = KeyHasher()
        let parts = columns.prefix(layout.keyCount).compactMap { column in
            column.buffer.map {
                KeyPart(lanes: UnsafePointer($0.lanes), validity: UnsafePointer($0.validity), pool: column.pool)
            }
        }
        guard parts.count == layout.keyCount || segment.rowCount == 0 else { return [broken(segment, "a key is null")] }
        let areHashed = segment.residences[layout.hashLowSlot] == .loaded
        for row in 0..<segment.rowCount {
            guard let hash = hasher.hash(parts, row: row) else {
                problems.append(broken(segment, "a part of the key of row \(row) is null"))
                continue
            }
            let low = columns[layout.hashLowSlot].lane(row).map(UInt64.init(bitPattern:))
            let high = columns[layout.hashHighSlot].lane(row).map(UInt64.init(bitPattern:))
            if areHashed, hash.low != low || hash.high != high {
                problems.append(broken(segment, "row \(row) is not known by the hash of its key"))
                continue
            }
            if table.hasIndex, !leads(hash, to: row, of: segment) {
                problems.append(broken(segment, "the key of row \(row) leads elsewhere"))
            }
        }
        return problems
    }

    private func leads(_ hash: KeyHash, to row: Int, of segment: MutableSegment) -> Bool {
        guard table.index.firstSegment(hash, where: { $0 == segment.ordinal }) else { return false }
        guard segment.hasRowIndex, let lookup = segment.rowLookup() else { return true }
        return lookup.row(hash) == row
    }

    private func anchorProblems(_ columns: [Column], _ segment: MutableSegment) -> [TablesProblem] {
        guard let slot = layout.anchorSlot else {
            return segment.isAnchored ? [broken(segment, "it is anchored in a table without an anchor")] : []
        }
        let anchors = (0..<segment.rowCount).map { columns[slot].lane($0) }
        guard segment.isAnchored else {
            return anchors.allSatisfy { $0 == nil } ? [] : [broken(segment, "a row with an anchor waits for one")]
        }
        let known = anchors.compactMap { $0 }
        guard known.count == anchors.count else { return [broken(segment, "a row without an anchor is among others")] }
        var problems: [TablesProblem] = []
        if let bounds = table.anchorBounds(of: segment), !known.allSatisfy(bounds.contains) {
            problems.append(broken(segment, "an anchor is outside \(bounds)"))
        }
        if segment.isSorted, let first = known.first, let last = known.last {
            if zip(known, known.dropFirst()).contains(where: { $0 > $1 }) {
                problems.append(broken(segment, "rows are not in the order of their anchors"))
            }
            if segment.anchors != first...max(first, last) {
                problems.append(broken(segment, "its directory entry says \(String(describing: segment.anchors))"))
            }
        }
        return problems
    }

    private func orderProblems() -> [TablesProblem] {
        var problems: [TablesProblem] = []
        for (place, segment) in table.anchored.enumerated() {
            if place > 0, table.lowerBounds[place - 1] > table.lowerBounds[place] {
                problems.append(broken(segment, "it stands after a segment of later anchors"))
            }
        }
        return problems
    }
}
