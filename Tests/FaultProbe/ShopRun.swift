import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberEventLog

/// The shop's main job on one database file, and what must be true of the file afterwards, whatever failed in between.
struct ShopRun {
    let shop: FaultedShop
    let path: String

    /// What a call promised before the next one failed.
    struct Acknowledgement {
        var acceptedCount: Int64 = 0
        var errors: [String] = []
    }

    /// The end of a run that nothing disturbed.
    struct End: Equatable {
        let eventCount: Int64
        let quarantinedCount: Int64
        let parkedCount: Int64
        let tables: [String: String]
    }

    /// Takes the parts in, then quarantine again under the fixed dictionary; every error is written down.
    ///
    /// - Parameter carriesOn: goes on after an error in the same engine, as a server would; else stops there.
    func work(carriesOn: Bool) -> Acknowledgement {
        var acknowledgement = Acknowledgement()
        let steps: [(FaultedShop) -> [(Engine) throws -> Int64]] = [
            { shop in shop.parts.map { part in { try $0.ingest([part]).account.accepted } } },
            { _ in
                [
                    { engine in
                        let outcome = try engine.replayQuarantine()
                        return outcome.quarantine.account.accepted + outcome.parked.account.accepted
                    },
                    { engine in
                        _ = try engine.rebuild()
                        return 0
                    },
                ]
            },
        ]
        for (dictionary, calls) in zip([shop.before, shop.fixed], steps) {
            do {
                let engine = try Engine.open(databasePath: path, dictionary: dictionary)
                for call in calls(shop) {
                    do { acknowledgement.acceptedCount += try call(engine) } catch {
                        acknowledgement.errors.append("\(error)")
                        guard carriesOn else { return acknowledgement }
                    }
                }
            } catch {
                acknowledgement.errors.append("\(error)")
                guard carriesOn else { return acknowledgement }
            }
        }
        return acknowledgement
    }

    /// Everything that the file says wrongly after `work`; nothing fails any more while this looks.
    ///
    /// - Parameters:
    ///   - isRetaken: takes the same input in again, as a person would after an error.
    func violations(acknowledged: Int64, expected: End, isRetaken: Bool = true) -> [String] {
        do {
            var found = try inspect(shop.before, "before anything is taken in again")
            let first = try Engine.open(databasePath: path, dictionary: shop.before)
            let count = try first.position.sequence
            if count < acknowledged { found.append("\(acknowledged) events were acknowledged, \(count) are there") }
            if isRetaken {
                for part in shop.parts { _ = try first.ingest([part]) }
                _ = try Engine.open(databasePath: path, dictionary: shop.fixed).replayQuarantine()
            }
            found += try inspect(shop.fixed, "at the end")
            let end = try end()
            if end != expected { found.append(difference(end, expected)) }
            return found
        } catch {
            return ["with no fault any more: \(error)"]
        }
    }

    func end() throws -> End {
        let engine = try Engine.open(databasePath: path, dictionary: shop.fixed)
        let status = try engine.status()
        let session = try engine.session()
        var tables: [String: String] = [:]
        for table in status.tables { tables[table.name] = try session.rows(of: table.name).sortedText }
        return End(
            eventCount: status.account.accepted, quarantinedCount: status.account.quarantined,
            parkedCount: status.account.parked, tables: tables)
    }

    private func inspect(_ dictionary: LoadedDictionary, _ moment: String) throws -> [String] {
        let status = try Engine.open(databasePath: path, dictionary: dictionary).status(isThorough: true)
        var found = status.problems.map { "\(moment): \($0)" }
        if status.position.sequence != status.account.accepted {
            found.append(
                "\(moment): \(status.position.sequence) events in the log, \(status.account.accepted) accepted")
        }
        return found
    }

    private func difference(_ end: End, _ expected: End) -> String {
        guard end.tables != expected.tables else {
            return "the account is \(end.eventCount) accepted, \(end.quarantinedCount) quarantined, \(end.parkedCount) "
                + "parked, not \(expected.eventCount), \(expected.quarantinedCount), \(expected.parkedCount)"
        }
        let rows = Set(end.tables.values.flatMap { $0.split(separator: "\n") })
        let expectedRows = Set(expected.tables.values.flatMap { $0.split(separator: "\n") })
        return "tables differ: \(rows.subtracting(expectedRows).sorted().prefix(2)) is not "
            + "\(expectedRows.subtracting(rows).sorted().prefix(2))"
    }
}
