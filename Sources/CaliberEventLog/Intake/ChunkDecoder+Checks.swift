import CaliberColumns
import CaliberCore
import CaliberDictionary

extension ChunkDecoder {
    /// Holds the accepted events to their contracts' checks. An event that breaks one is taken back; then another of its
    /// key, passed over as a repeat, gets its turn, and is checked in turn.
    func settleChecks() {
        var checked = [Int](repeating: 0, count: contracts.decoders.count)
        while true {
            var withdrawn: Set<EventKey> = []
            for (index, decoder) in contracts.decoders.enumerated() {
                guard let checks = decoder.checks, let batch = decoder.settledBatch(), checked[index] < batch.count
                else { continue }
                withdraw(failures(checks, batch, checked[index]), index, batch, &withdrawn)
                checked[index] = batch.count
            }
            guard !withdrawn.isEmpty else { return }
            let waiting = repeats
            repeats.removeAll()
            for suspect in waiting {
                if withdrawn.contains(suspect.key) {
                    takeAgain(suspect.line)
                } else {
                    repeats.append(suspect)
                }
            }
        }
    }

    private func failures(
        _ checks: any ContractCheckEvaluator, _ batch: EventBatch, _ first: Int
    ) -> [(row: Int, check: Int)] {
        var firstCheck: [Int: Int] = [:]
        checks.findFailures(in: batch, rows: first..<batch.count) { row, check in
            firstCheck[row] = min(firstCheck[row] ?? check, check)
        }
        return firstCheck.map { ($0.key, $0.value) }.sorted { $0.row < $1.row }
    }

    private func withdraw(
        _ failures: [(row: Int, check: Int)], _ contract: Int, _ batch: EventBatch, _ withdrawn: inout Set<EventKey>
    ) {
        guard !failures.isEmpty else { return }
        let entries = entries(of: failures.map(\.row), contract)
        for (row, check) in failures {
            guard let entry = entries[row] else { preconditionFailure("row \(row) came from no line") }
            keys.withdraw(entry)
            withdrawn.insert(keys.entries[entry].key)
            let definition = batch.contract.checks[check]
            let mixedUp =
                batch.time.isNull(row)
                ? nil
                : EnvelopeRules.mixedUpZone(
                    Timestamp(microseconds: batch.time.lanes[row]), receivedAt: chunk.receivedAt, zone: zone)
            // The envelope is read once more for the account of who sent it.
            let line = Int(keys.entries[entry].line)
            let isReadAgain = (try? parser.parse(block.text(line))) != nil
            refuse(
                line, .failedCheck(name: definition.name, hint: definition.hint, mixedUpZone: mixedUp),
                isReadAgain ? parser : nil)
        }
        contracts.decoders[contract].removeRows(failures.map(\.row))
    }

    /// Which accepted events some rows of a batch are. When rows were taken out of it before, entries from before that
    /// name places that newer ones have now; so the newest counts.
    private func entries(of rows: [Int], _ contract: Int) -> [Int: Int] {
        let wanted = Set(rows)
        var entries: [Int: Int] = [:]
        for (index, entry) in keys.entries.enumerated()
        where Int(entry.contract) == contract && wanted.contains(Int(entry.row)) {
            entries[Int(entry.row)] = index
        }
        return entries
    }
}
