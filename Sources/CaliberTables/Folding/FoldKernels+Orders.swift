import CaliberColumns

/// The loops of `first` and `last`.
extension FoldKernels {
    /// What a contest found among a run's events.
    struct Contest {
        /// Whether any event took the lead, or is in one place with the leader.
        var hasVerdict = false
        var lossCount = 0
    }

    /// Compares each event with the leader of its row, by time (none before any), then tie-break; the better one leads.
    ///
    /// - Parameters:
    ///   - verdicts: for each of the run's events in turn, an `OrderVerdict`.
    ///   - displaced: if given, gets who led before, for each event (by its place in the run) that takes the lead.
    static func contest(
        _ run: FoldRun, isLast: Bool, accepts: UnsafePointer<UInt8>, time: LaneColumn, tieBreak: LaneColumn,
        leaderTime: LaneBuffer, leaderTie: LaneBuffer, verdicts: UnsafeMutablePointer<UInt8>,
        displaced: DisplacedLeaders?
    ) -> Contest {
        var contest = Contest()
        let (times, timesKnown, ties) = (time.lanes, time.validity, tieBreak.lanes)
        let (heldTime, heldKnown) = (leaderTime.lanes, leaderTime.validity)
        let (heldTie, isHeld) = (leaderTie.lanes, leaderTie.validity)
        for index in 0..<run.count {
            let (event, row) = (Int(run.events[index]), Int(run.rows[index]))
            verdicts[index] = OrderVerdict.none
            guard accepts[event] != 0 else { continue }
            let (newKnown, newTime, newTie) = (timesKnown[event], times[event], ties[event])
            if isHeld[row] != 0 {
                let (oldKnown, oldTime, oldTie) = (heldKnown[row], heldTime[row], heldTie[row])
                if newKnown == oldKnown, newTime == oldTime, newTie == oldTie {
                    verdicts[index] = OrderVerdict.equals
                    contest.hasVerdict = true
                    continue
                }
                if isEarlier(newKnown, newTime, newTie, oldKnown, oldTime, oldTie) == isLast {
                    verdicts[index] = OrderVerdict.loses
                    contest.lossCount += 1
                    continue
                }
                displaced?.set(index, time: oldTime, tie: oldTie, state: oldKnown + 1)
            } else {
                displaced?.set(index, time: 0, tie: 0, state: 0)
            }
            heldTime[row] = newTime
            heldKnown[row] = newKnown
            heldTie[row] = newTie
            isHeld[row] = 1
            verdicts[index] = OrderVerdict.leads
            contest.hasVerdict = true
        }
        return contest
    }

    /// Whether any event of a run takes the lead of its row; where none does, `contest` writes to no leader.
    static func leadsAny(
        _ run: FoldRun, isLast: Bool, accepts: UnsafePointer<UInt8>, time: LaneColumn, tieBreak: LaneColumn,
        leaderTime: LaneBuffer, leaderTie: LaneBuffer
    ) -> Bool {
        let (times, timesKnown, ties) = (time.lanes, time.validity, tieBreak.lanes)
        for index in 0..<run.count {
            let (event, row) = (Int(run.events[index]), Int(run.rows[index]))
            guard accepts[event] != 0 else { continue }
            if leaderTie.validity[row] == 0 { return true }
            let (newKnown, newTime, newTie) = (timesKnown[event], times[event], ties[event])
            let (oldKnown, oldTime, oldTie) = (leaderTime.validity[row], leaderTime.lanes[row], leaderTie.lanes[row])
            if newKnown == oldKnown, newTime == oldTime, newTie == oldTie { continue }
            if isEarlier(newKnown, newTime, newTie, oldKnown, oldTime, oldTie) != isLast { return true }
        }
        return false
    }

    /// Whether one event sorts before another; events without a time come first.
    @inline(__always)
    static func isEarlier(
        _ newKnown: UInt8, _ newTime: Int64, _ newTie: Int64, _ oldKnown: UInt8, _ oldTime: Int64, _ oldTie: Int64
    ) -> Bool {
        newKnown != oldKnown ? newKnown < oldKnown : newTime != oldTime ? newTime < oldTime : newTie < oldTie
    }

    /// Whether `award` or `awardWithGaps` may change anything: a value, or whose it is.
    ///
    /// - Parameters:
    ///   - present: by event, whether it has a value.
    ///   - validity: by row, whether it has one.
    ///   - isHeldByOther: by row, whether its value is of an event that doesn't lead; nil where all are leaders'.
    ///   - isSame: whether an event's value is a row's.
    @inline(__always)
    static func changesAny(
        _ run: FoldRun, verdicts: UnsafePointer<UInt8>, displaced: DisplacedLeaders?, present: UnsafePointer<UInt8>,
        validity: UnsafePointer<UInt8>, isHeldByOther: UnsafePointer<UInt8>?,
        isSame: (_ event: Int, _ row: Int) -> Bool
    ) -> Bool {
        for index in 0..<run.count {
            let verdict = verdicts[index]
            guard verdict != OrderVerdict.none else { continue }
            let (event, row) = (Int(run.events[index]), Int(run.rows[index]))
            let isHeld = isHeldByOther.map { $0[row] != 0 } ?? false
            if present[event] != 0 {
                if validity[row] == 0 || isHeld { return true }
                if verdict != OrderVerdict.loses, !isSame(event, row) { return true }
            } else if verdict == OrderVerdict.leads, validity[row] != 0, !isHeld,
                displaced.map({ $0.state.start[index] != 0 }) ?? true
            {
                return true
            }
        }
        return false
    }

    /// Gives rows the values of the events that lead them, where every event has one, and all values are leaders'.
    ///
    /// - Parameters:
    ///   - replaces: whether an event's value takes the place of a row's, both events being in one place.
    ///   - store: gives a row the value of an event.
    @inline(__always)
    static func award(
        _ run: FoldRun, verdicts: UnsafePointer<UInt8>, into validity: UnsafeMutablePointer<UInt8>,
        replaces: (_ event: Int, _ row: Int) -> Bool, store: (_ event: Int, _ row: Int) -> Void
    ) {
        for index in 0..<run.count {
            let verdict = verdicts[index]
            guard verdict == OrderVerdict.leads || verdict == OrderVerdict.equals else { continue }
            let (event, row) = (Int(run.events[index]), Int(run.rows[index]))
            if verdict == OrderVerdict.equals, validity[row] != 0, !replaces(event, row) { continue }
            store(event, row)
            validity[row] = 1
        }
    }

    /// Gives rows the values of the best events that have one.
    ///
    /// - Parameter present: by event, whether it has a value.
    @inline(__always)
    static func awardWithGaps(
        _ run: FoldRun, verdicts: UnsafePointer<UInt8>, displaced: DisplacedLeaders, time: LaneColumn,
        tieBreak: LaneColumn, present: UnsafePointer<UInt8>, into validity: UnsafeMutablePointer<UInt8>,
        holders: inout EventHolders, replaces: (_ event: Int, _ row: Int) -> Bool,
        store: (_ event: Int, _ row: Int) -> Void
    ) {
        for index in 0..<run.count {
            let verdict = verdicts[index]
            guard verdict != OrderVerdict.none else { continue }
            let (event, row) = (Int(run.events[index]), Int(run.rows[index]))
            let isPresent = present[event] != 0
            switch verdict {
            case OrderVerdict.leads:
                if isPresent {
                    store(event, row)
                    validity[row] = 1
                    holders.remove(row)
                } else if validity[row] != 0, displaced.state.start[index] != 0, !holders.has(row) {
                    // The value stays; the event it is of leads no longer.
                    holders.set(
                        row, time: displaced.time.start[index], isTimeKnown: displaced.state.start[index] - 1,
                        tie: displaced.tie.start[index])
                }
            case OrderVerdict.equals:
                // The leader is no worse than any holder, and so is this event.
                guard isPresent else { continue }
                if validity[row] == 0 || holders.has(row) {
                    store(event, row)
                    validity[row] = 1
                    holders.remove(row)
                } else if replaces(event, row) {
                    store(event, row)
                }
            default:
                guard isPresent, validity[row] == 0 || holders.has(row) else { continue }
                let (newTime, isKnown, newTie) = (time.lanes[event], time.validity[event], tieBreak.lanes[event])
                let standing =
                    validity[row] == 0
                    ? OrderVerdict.leads : holders.verdict(row, time: newTime, isTimeKnown: isKnown, tie: newTie)
                guard standing == OrderVerdict.leads || standing == OrderVerdict.equals && replaces(event, row) else {
                    continue
                }
                store(event, row)
                validity[row] = 1
                holders.set(row, time: newTime, isTimeKnown: isKnown, tie: newTie)
            }
        }
    }
}

extension DisplacedLeaders {
    @inline(__always)
    func set(_ index: Int, time: Int64, tie: Int64, state: UInt8) {
        self.time.start[index] = time
        self.tie.start[index] = tie
        self.state.start[index] = state
    }
}
