import CaliberCore
import CaliberSinks
import GRDB

extension AlertOutbox {
    /// How an endpoint does.
    package func health(of endpoint: String, in database: Database) throws -> EndpointHealth {
        try EndpointHealth.read(endpoint, in: database)
    }

    /// Turns an endpoint off by hand, within the caller's transaction. What is owed to it becomes dead letters.
    package func disable(
        _ endpoint: String, because reason: String, at now: Timestamp, in database: Database
    ) throws {
        try requireDeclared(endpoint)
        var health = try EndpointHealth.read(endpoint, in: database)
        guard !health.isDisabled else { return }
        _ = health.disable(reason, at: now)
        try health.write(endpoint, in: database)
        try raise(
            OwnAlert.disabled(endpoint, because: reason, at: now), at: now, avoiding: endpoint, in: database)
    }

    /// Turns an endpoint on again, within the caller's transaction. Its dead letters wait for their replay.
    package func enable(_ endpoint: String, at now: Timestamp, in database: Database) throws {
        try requireDeclared(endpoint)
        try EndpointHealth().write(endpoint, in: database)
        try resolve(OwnAlert.disabled(endpoint), at: now, in: database)
    }

    /// Says that someone has seen to the dead letters of an endpoint that no replay is to have: its notice ends.
    package func acknowledgeDeadLetters(of endpoint: String, at now: Timestamp, in database: Database) throws {
        try resolve(OwnAlert.deadLetters(of: endpoint), at: now, in: database)
    }

    /// Has dead letters tried again; the notice of an endpoint that has none left ends. See `AlertMessages.replay`.
    @discardableResult
    package func replay(_ choice: DeadLetterChoice, at now: Timestamp, in database: Database) throws -> Int {
        if let endpoint = choice.endpoint { try requireDeclared(endpoint) }
        let count = try AlertMessages.replay(choice, at: now, in: database)
        for endpoint in routing.endpoints.map(\.name) {
            let left = try AlertMessages.deadLetters(DeadLetterChoice(endpoint: endpoint, limit: 1), in: database)
            if left.isEmpty { try acknowledgeDeadLetters(of: endpoint, at: now, in: database) }
        }
        return count
    }

    /// - Throws: `AlertProblem.unknownEndpoint`.
    package func requireDeclared(_ endpoint: String) throws {
        guard routing.endpoint(endpoint) == nil else { return }
        let nearest = NameSuggestion.nearest(to: endpoint, among: routing.endpoints.map(\.name))
        throw AlertProblem.unknownEndpoint(name: endpoint, path: "The request", nearest: nearest)
    }
}
