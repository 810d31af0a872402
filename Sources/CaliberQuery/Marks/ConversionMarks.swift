import CaliberColumns
import CaliberTables

/// How many conversions go to each base row.
struct ConversionMarks {
    let base: RowReading
    let conversion: RowReading
    let rules: PlannedConversion

    /// - Returns: by row of the base's segments, in their order.
    func counts() throws -> [UInt32] {
        var numbering = EntityNumbering(valueCount: base.program.dimensions.count, countsNulls: false)
        let baseEvents = try events(of: base, &numbering)
        let conversionEvents = try events(of: conversion, &numbering)
        let order = RowKeyOrder(base)
        let attribution = ConversionAttribution(
            windowMicroseconds: rules.windowMicroseconds, isOneSequence: rules.isOneSequence
        ) { [base] left, right in
            try order.precedes(base.place(of: Int(left)), base.place(of: Int(right)))
        }
        var counts = try attribution.conversions(
            base: baseEvents, conversion: conversionEvents, entityCount: numbering.count, rowCount: base.rowCount)
        if rules.countsOnce {
            for row in counts.indices { counts[row] = min(counts[row], 1) }
        }
        return counts
    }

    private func events(of reading: RowReading, _ numbering: inout EntityNumbering) throws -> EntityEvents {
        var events = EntityEvents()
        events.reserve(reading.rowCount)
        let numbers = ScratchBuffer<UInt32>(count: VectorProgram.chunkRowCount, repeating: 0)
        let times = ScratchBuffer<Int64>(count: VectorProgram.chunkRowCount, repeating: 0)
        let rows = ScratchBuffer<UInt32>(count: VectorProgram.chunkRowCount, repeating: 0)
        for segment in reading.segments.indices {
            let start = reading.starts[segment]
            try reading.forEachChunk(of: segment) { chunk in
                guard let moments = chunk.moments else { return }
                numbering.number(chunk.values, selected: chunk.selected, count: chunk.count, into: numbers.pointer)
                let (entities, times, rows) = (numbers.pointer, times.pointer, rows.pointer)
                var count = 0
                for row in 0..<chunk.count where entities[row] != EntityNumbering.none {
                    entities[count] = entities[row]
                    times[count] = moments[row]
                    rows[count] = UInt32(truncatingIfNeeded: start + chunk.start + row)
                    count += 1
                }
                events.append(entities: entities, moments: times, rows: rows, count: count)
            }
        }
        return events
    }
}
