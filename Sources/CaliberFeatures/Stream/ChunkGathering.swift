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

/// Events of one contract that are moments, and the moments' numbers.
struct ChosenEvents {
    var events: [Int32] = []
    var outputs: [Int] = []
}

/// What is found out of a chunk, in the order of arrival.
struct ChunkGathering {
    let selection: FeatureStream.Selection
    /// The position before the chunk.
    let first: LogPosition
    var actions: [ChunkWork.Action] = []
    var moments: [FeatureBlock.Moment] = []
    /// By moment and entity.
    var keys: [Int32] = []
    /// By moment: what tells its row from all others.
    var lives: [Int64] = []
    /// By stage.
    var chosen: [ChosenEvents]

    init(stageCount: Int, first: LogPosition, selection: FeatureStream.Selection) {
        self.selection = selection
        self.first = first
        chosen = (0..<stageCount).map { _ in ChosenEvents() }
    }

    /// Where an event stands in the log.
    func position(of place: ArrivalOrder.Place) -> LogPosition {
        LogPosition(sequence: first.sequence + 1 + Int64(place.line))
    }

    mutating func add(fact: Int, _ number: Int, now: Int64) {
        actions.append(
            ChunkWork.Action(
                kind: .fact, fact: Int32(truncatingIfNeeded: fact), number: Int32(truncatingIfNeeded: number), now: now)
        )
    }

    mutating func add(_ moment: FeatureBlock.Moment, life: Int64, _ place: ArrivalOrder.Place) {
        actions.append(
            ChunkWork.Action(
                kind: .moment, fact: -1, number: Int32(truncatingIfNeeded: moments.count), now: moment.now))
        chosen[Int(place.stage)].events.append(place.event)
        chosen[Int(place.stage)].outputs.append(moments.count)
        moments.append(moment)
        lives.append(life)
    }
}

/// The values of a chunk's moments while they are computed.
final class FeatureOutput {
    let values: UnsafeMutablePointer<Double>
    let keys: UnsafeMutablePointer<Int32>
    let lives: UnsafeMutablePointer<Int64>
    private var chosen: [ChosenEvents]

    init(_ chunk: ChunkGathering, featureCount: Int) {
        chosen = chunk.chosen
        let valueCount = chunk.moments.count * featureCount
        values = .allocate(capacity: max(1, valueCount))
        values.initialize(repeating: .nan, count: max(1, valueCount))
        keys = .allocate(capacity: max(1, chunk.keys.count))
        keys.update(from: chunk.keys, count: chunk.keys.count)
        lives = .allocate(capacity: max(1, chunk.lives.count))
        lives.update(from: chunk.lives, count: chunk.lives.count)
    }

    deinit {
        values.deallocate()
        keys.deallocate()
        lives.deallocate()
    }

    func evaluateExpressions(of index: Int, _ stage: ContractStage, _ plan: FeaturePlan) {
        guard !chosen[index].events.isEmpty else { return }
        let outputs = chosen[index].outputs
        chosen[index].events.withUnsafeMutableBufferPointer { events in
            stage.evaluateExpressions(plan, events: events, outputs: outputs, into: values)
        }
    }
}
