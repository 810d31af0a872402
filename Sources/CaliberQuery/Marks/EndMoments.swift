import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTables

/// Marks the rows of the last (or first) moment of their group: what of a balance counts.
struct EndMoments {
    private let reading: RowReading
    private let choice: NonAdditiveDimension.Choice

    /// - Parameter reading: its first dimension is the moment, the others make the group; those with a grain are cut by
    ///   it.
    init(_ reading: RowReading, choice: NonAdditiveDimension.Choice) {
        self.reading = reading
        self.choice = choice
    }

    func marks() throws -> MarkBytes {
        let marks = MarkBytes(reading)
        let dimensions = Array(reading.program.dimensions.dropFirst())
        var numbering = EntityNumbering(valueCount: dimensions.count, countsNulls: true)
        var periods = reading.program.scan.dimensions.dropFirst().map { dimension in
            dimension.grain.map {
                PeriodKeys(grain: $0, calendarGrain: dimension.calendarGrain, zone: reading.program.zone)
            }
        }
        /// The group of each row, and the moment of each group.
        var groups = [UInt32](repeating: EntityNumbering.none, count: reading.rowCount)
        var moments: [Int64] = []
        // What any moment replaces; rows of a group that has none are not asked.
        let least = choice == .max ? Int64.min : Int64.max
        for segment in reading.segments.indices {
            let start = reading.starts[segment]
            try reading.forEachChunk(of: segment) { chunk in
                var values = Array(chunk.values.dropFirst())
                for position in periods.indices where periods[position] != nil {
                    if let cut = periods[position]?.cut(values[position], count: chunk.count) { values[position] = cut }
                }
                groups.withUnsafeMutableBufferPointer { groups in
                    guard let first = groups.baseAddress else { return }
                    numbering.number(
                        values, selected: chunk.selected, count: chunk.count, into: first + start + chunk.start)
                }
                if numbering.count > moments.count {
                    moments += [Int64](repeating: least, count: numbering.count - moments.count)
                }
                let own = chunk.values[0]
                for row in 0..<chunk.count {
                    let place = start + chunk.start + row
                    guard groups[place] != EntityNumbering.none else { continue }
                    guard own.validity[row] != 0 else {
                        groups[place] = EntityNumbering.none
                        continue
                    }
                    let group = Int(groups[place])
                    let known = moments[group]
                    moments[group] = choice == .max ? max(known, own.lanes[row]) : min(known, own.lanes[row])
                }
            }
        }
        try mark(marks, groups, moments)
        return marks
    }

    private func mark(_ marks: MarkBytes, _ groups: [UInt32], _ moments: [Int64]) throws {
        for segment in reading.segments.indices {
            let start = reading.starts[segment]
            try reading.forEachChunk(of: segment) { chunk in
                for row in 0..<chunk.count {
                    let group = groups[start + chunk.start + row]
                    guard group != EntityNumbering.none else { continue }
                    marks.bytes[segment][chunk.start + row] =
                        moments[Int(group)] == chunk.values[0].lanes[row] ? 1 : 0
                }
            }
        }
    }
}

/// Moments or days as the keys of their periods.
private struct PeriodKeys {
    let grain: TimeGrain
    /// Periods that days are put together to; all days in none are one.
    let calendarGrain: CalendarGrain?
    let zone: BusinessZone
    private let keys = ScratchBuffer<Int64>(count: VectorProgram.chunkRowCount, repeating: 0)
    /// Moments that are known to lie in one period.
    private var known: (from: Int64, end: Int64, key: Int64) = (1, 0, 0)

    init(grain: TimeGrain, calendarGrain: CalendarGrain?, zone: BusinessZone) {
        self.grain = grain
        self.calendarGrain = calendarGrain
        self.zone = zone
    }

    /// - Parameter moments: a timestamp column.
    mutating func cut(_ moments: ValueChunk, count: Int) -> ValueChunk {
        for row in 0..<count where moments.validity[row] != 0 {
            let moment = min(
                max(moments.lanes[row], Timestamp.earliest.microseconds), Timestamp.latest.microseconds)
            if moment < known.from || moment >= known.end {
                let period = PeriodTable.period(of: grain, holding: moment, zone: zone)
                var key = period.key
                if let calendarGrain {
                    let day = CivilDate(dayNumber: Int32(clamping: key))
                    key = calendarGrain.period(holding: day).map { Int64($0.first.dayNumber) } ?? .min
                }
                known = (moment, period.end, key)
            }
            keys[row] = known.key
        }
        return ValueChunk(lanes: UnsafePointer(keys.pointer), validity: moments.validity, pool: nil)
    }
}
