import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberTesting
import Foundation
import Testing

/// What a database holds once its service has ended.
struct StoredOrders {
    let account: IntakeAccount
    let position: Int64
    private let session: EngineSession

    init(_ folder: TemporaryFolder) throws {
        let loaded = try MetricDictionary.load(
            from: RunningService.packageRoot.appending(path: "dictionary").path)
        let engine = try Engine.open(databasePath: folder.path("service.db"), dictionary: loaded)
        let status = try engine.status(isThorough: true)
        #expect(status.problems.isEmpty, "\(status.problems)")
        #expect(status.account.isBalanced)
        account = status.account
        position = status.position.sequence
        session = try engine.session()
    }

    /// A table's rows, in an order that doesn't depend on when they came.
    func rows(of table: String) throws -> String { try session.rows(of: table).sortedText }
}
