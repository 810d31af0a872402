import CaliberCore

/// Days and hours of the program's zone.
extension VectorRun {
    func executeTime(_ instruction: VectorInstruction, _ count: Int) {
        let input = registers.lanes(instruction.sources[0])
        let output = registers.lanes(instruction.destination)
        let known = joinValidity(instruction, count)
        switch instruction.operation {
        case .localTime:
            moveIntoZone(count, input, known, into: output)
        case .dayOfMicroseconds:
            transformEach(count, input, into: output) { VectorRun.flooredQuotient($0, Timestamp.microsecondsPerDay) }
        case .hourOfMicroseconds:
            transformEach(count, input, into: output) { local in
                let day = VectorRun.flooredQuotient(local, Timestamp.microsecondsPerDay)
                return (local &- day &* Timestamp.microsecondsPerDay) / VectorRun.microsecondsPerHour
            }
        case .calendarPart(let part):
            takeCalendarPart(part, count, input, known, into: output)
        default:
            preconditionFailure("\(instruction.operation) is not about time")
        }
    }

    private static let microsecondsPerHour: Int64 = 3_600_000_000

    @inline(__always)
    private static func flooredQuotient(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return quotient &- (quotient &* divisor > value ? 1 : 0)
    }

    /// Adds the zone's offset. It is looked up only when a moment leaves the span that the last lookup was good for.
    ///
    /// A moment within a day of either end of the 64-bit range has no local time and is null.
    private func moveIntoZone(
        _ count: Int, _ input: UnsafeMutablePointer<Int64>, _ known: UnsafeMutablePointer<UInt8>,
        into output: UnsafeMutablePointer<Int64>
    ) {
        var (from, to, offset) = offsetSpan
        for row in 0..<count {
            let moment = input[row]
            if moment < from || moment >= to, known[row] != 0 {
                let span = program.zone.offsetSpan(at: Timestamp(microseconds: moment))
                (from, to) = (span.from, span.to)
                offset = Int64(span.offsetSeconds) * Timestamp.microsecondsPerSecond
            }
            let (local, overflows) = moment.addingReportingOverflow(offset)
            output[row] = local
            known[row] &= (!overflows).byte
        }
        offsetSpan = (from, to, offset)
    }

    /// Neighbouring rows mostly fall on one day, so the calendar is asked when the day changes.
    ///
    /// A day too far away for the calendar's 32 bits has no parts.
    private func takeCalendarPart(
        _ part: VectorOperation.CalendarPart, _ count: Int, _ input: UnsafeMutablePointer<Int64>,
        _ known: UnsafeMutablePointer<UInt8>, into output: UnsafeMutablePointer<Int64>
    ) {
        var lastDay: Int64 = 0
        var lastPart = VectorRun.calendarPart(part, of: CivilDate(dayNumber: 0))
        for row in 0..<count {
            let day = input[row]
            let isInside = VectorRun.calendarDays.contains(day)
            if day != lastDay, isInside, known[row] != 0 {
                lastDay = day
                lastPart = VectorRun.calendarPart(part, of: CivilDate(dayNumber: Int32(day)))
            }
            output[row] = lastPart
            known[row] &= isInside.byte
        }
    }

    /// Every day of a 64-bit microsecond, and room beside it.
    private static let calendarDays: ClosedRange<Int64> = -1_000_000_000...1_000_000_000

    private static func calendarPart(_ part: VectorOperation.CalendarPart, of date: CivilDate) -> Int64 {
        switch part {
        case .year: Int64(date.components.year)
        case .quarter: Int64((date.components.month - 1) / 3 + 1)
        case .month: Int64(date.components.month)
        case .week: Int64(date.isoWeek.week)
        case .day: Int64(date.components.day)
        case .weekday: Int64(date.isoWeekday)
        }
    }
}
