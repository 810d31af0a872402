import CaliberColumns

/// Events of one batch that go to one segment: event `events[i]` goes to row `rows[i]`.
struct FoldRun {
    let count: Int
    let events: UnsafePointer<Int32>
    let rows: UnsafePointer<Int32>
}

/// One value an event, and whether the fold takes it.
struct FoldInput {
    let lanes: UnsafePointer<Int64>
    let accepts: UnsafePointer<UInt8>
}

/// The loops that folds spend their time in: free functions over buffers, one per kind of fold.
enum FoldKernels {
    static func count(_ run: FoldRun, accepts: UnsafePointer<UInt8>, into target: LaneBuffer) {
        let lanes = target.lanes
        for index in 0..<run.count {
            lanes[Int(run.rows[index])] &+= Int64(accepts[Int(run.events[index])])
        }
    }

    static func any(_ run: FoldRun, _ input: FoldInput, into target: LaneBuffer) {
        let (lanes, validity) = (target.lanes, target.validity)
        for index in 0..<run.count {
            let (event, row) = (Int(run.events[index]), Int(run.rows[index]))
            guard input.accepts[event] != 0 else { continue }
            lanes[row] |= input.lanes[event]
            validity[row] = 1
        }
    }

    /// The smaller or larger of integers.
    static func extreme(_ run: FoldRun, _ input: FoldInput, isMaximum: Bool, into target: LaneBuffer) {
        let (lanes, validity) = (target.lanes, target.validity)
        for index in 0..<run.count {
            let (event, row) = (Int(run.events[index]), Int(run.rows[index]))
            guard input.accepts[event] != 0 else { continue }
            let value = input.lanes[event]
            if validity[row] == 0 || (isMaximum ? value > lanes[row] : value < lanes[row]) {
                lanes[row] = value
                validity[row] = 1
            }
        }
    }

    /// Adds; stops before the first event whose sum leaves 64 bits, and says which that is (`count` when none does).
    static func sum(_ run: FoldRun, _ input: FoldInput, from first: Int, into target: LaneBuffer) -> Int {
        let (lanes, validity) = (target.lanes, target.validity)
        for index in first..<run.count {
            let (event, row) = (Int(run.events[index]), Int(run.rows[index]))
            guard input.accepts[event] != 0 else { continue }
            let (total, overflow) = lanes[row].addingReportingOverflow(input.lanes[event])
            if overflow { return index }
            lanes[row] = total
            validity[row] = 1
        }
        return run.count
    }

    /// Adds with 128 bits, of which `high` and `low` hold what the column can't.
    ///
    /// - Returns: how often a sum left the range of 64 bits.
    static func sumWide(
        _ run: FoldRun, _ input: FoldInput, from first: Int, into target: LaneBuffer, high: LaneBuffer, low: LaneBuffer
    ) -> Int {
        var departures = 0
        for index in first..<run.count {
            let (event, row) = (Int(run.events[index]), Int(run.rows[index]))
            guard input.accepts[event] != 0 else { continue }
            let wasWide = high.validity[row] != 0
            let before =
                wasWide
                ? Int128(high.lanes[row]) << 64 | Int128(UInt64(bitPattern: low.lanes[row])) : Int128(target.lanes[row])
            let total = before + Int128(input.lanes[event])
            let narrow = Int64(exactly: total)
            let isWide = narrow == nil
            if isWide, !wasWide { departures += 1 }
            target.lanes[row] = narrow ?? 0
            target.validity[row] = isWide ? 0 : 1
            high.lanes[row] = isWide ? Int64(truncatingIfNeeded: total >> 64) : 0
            low.lanes[row] = isWide ? Int64(truncatingIfNeeded: total) : 0
            high.validity[row] = isWide ? 1 : 0
            low.validity[row] = isWide ? 1 : 0
        }
        return departures
    }

    /// Sets a row's lane when `isBetter(new, old)`; for types whose order is not that of their lanes.
    @inline(__always)
    static func choose(
        _ run: FoldRun, _ input: FoldInput, into target: LaneBuffer, isBetter: (Int64, Int64) -> Bool
    ) {
        let (lanes, validity) = (target.lanes, target.validity)
        for index in 0..<run.count {
            let (event, row) = (Int(run.events[index]), Int(run.rows[index]))
            guard input.accepts[event] != 0 else { continue }
            if validity[row] == 0 || isBetter(input.lanes[event], lanes[row]) {
                lanes[row] = input.lanes[event]
                validity[row] = 1
            }
        }
    }

    /// Whether one float sorts before another; every bit pattern has its place, negative zero before zero.
    @inline(__always)
    static func floatPrecedes(_ left: Int64, _ right: Int64) -> Bool {
        left ^ (left >> 63 & .max) < right ^ (right >> 63 & .max)
    }
}
