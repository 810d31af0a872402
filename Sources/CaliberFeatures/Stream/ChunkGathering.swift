import CaliberColumns
import CaliberEventLog

/// The events of a chunk's batches in the order in which they arrived.
struct ArrivalOrder {
    struct Place {
        /// A position among the chunk's stages.
        let stage: Int32
        let event: Int32
        let line: Int32
    }

    let places: [Place]

    init(_ stages: [ContractStage]) {
        var lineCount = 0
        for stage in stages {
            guard let batch = stage.batch, let arrival = batch.arrival, batch.count > 0 else { continue }
            // Within a batch, lines rise.
            lineCount = max(lineCount, Int(arrival.line.lanes[batch.count - 1]) + 1)
        }
        var placeOfLine = [Place?](repeating: nil, count: lineCount)
        for (index, stage) in stages.enumerated() {
            guard let batch = stage.batch, let arrival = batch.arrival else { continue }
            for event in 0..<batch.count {
                let line = arrival.line.lanes[event]
                placeOfLine[Int(line)] = Place(
                    stage: Int32(index), event: Int32(event), line: Int32(truncatingIfNeeded: line))
            }
        }
        places = placeOfLine.compactMap { $0 }
    }
}

/// What is found out of a chunk, in the order of arrival.
struct ChunkGathering {
    let selection: FeatureStream.Selection
    let featureCount: Int
    /// The position before the chunk.
    let first: LogPosition
    var actions: [ChunkWork.Action] = []
    var moments: [FeatureBlock.Moment] = []
    /// By moment and entity.
    var keys: [Int32] = []
    /// By stage: events that are moments, and the moments' numbers.
    var events: [Int: (events: [Int32], outputs: [Int])] = [:]

    init(_ plan: FeaturePlan, first: LogPosition, selection: FeatureStream.Selection) {
        self.selection = selection
        self.first = first
        featureCount = plan.featureCount
    }

    mutating func add(_ moment: FeatureBlock.Moment, _ place: ArrivalOrder.Place) {
        actions.append(ChunkWork.Action(kind: .moment(moments.count), now: moment.now))
        events[Int(place.stage), default: ([], [])].events.append(place.event)
        events[Int(place.stage)]?.outputs.append(moments.count)
        moments.append(moment)
    }
}

/// The values of a chunk's moments while they are computed.
final class FeatureOutput {
    let values: UnsafeMutablePointer<Double>
    let keys: UnsafeMutablePointer<Int32>
    let rows: UnsafeMutablePointer<Int32>
    private let plan: FeaturePlan
    private let events: [Int: (events: [Int32], outputs: [Int])]

    init(_ chunk: ChunkGathering, _ plan: FeaturePlan) {
        self.plan = plan
        events = chunk.events
        let valueCount = chunk.moments.count * plan.featureCount
        values = .allocate(capacity: max(1, valueCount))
        values.initialize(repeating: .nan, count: max(1, valueCount))
        keys = .allocate(capacity: max(1, chunk.keys.count))
        keys.update(from: chunk.keys, count: chunk.keys.count)
        rows = .allocate(capacity: max(1, chunk.moments.count))
        for (index, moment) in chunk.moments.enumerated() { rows[index] = Int32(truncatingIfNeeded: moment.row) }
    }

    deinit {
        values.deallocate()
        keys.deallocate()
        rows.deallocate()
    }

    func evaluateExpressions(of index: Int, _ stage: ContractStage) {
        guard var chosen = events[index] else { return }
        chosen.events.withUnsafeMutableBufferPointer { events in
            stage.evaluateExpressions(plan, events: events, outputs: chosen.outputs, into: values)
        }
    }
}
