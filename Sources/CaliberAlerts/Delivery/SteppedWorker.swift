import CaliberCore
import CaliberSinks
import CaliberStore

/// One endpoint's worker without its thread, for who keeps the time himself.
package struct SteppedWorker {
    private var delivery: EndpointDelivery

    fileprivate init(_ delivery: EndpointDelivery) {
        self.delivery = delivery
    }

    package var endpoint: String { delivery.endpoint.name }

    /// Takes one turn.
    ///
    /// - Returns: whether there was something to do, and if not, when there will be.
    package mutating func takeTurn() throws -> (worked: Bool, nextAt: Timestamp?) {
        switch try delivery.takeTurn() {
        case .worked: (true, nil)
        case .idle(let moment): (false, moment)
        }
    }

    /// Takes turns until there is nothing to do now.
    ///
    /// - Returns: when there will be.
    package mutating func settle() throws -> Timestamp? {
        while true {
            let turn = try takeTurn()
            if !turn.worked { return turn.nextAt }
        }
    }
}

extension AlertDispatcher {
    /// What `start` does before its threads.
    package func recover() throws {
        try DeliveryRecovery(settings: settings).run()
    }

    package func makeSteppedWorkers() -> [SteppedWorker] {
        settings.outbox.routing.endpoints.map { SteppedWorker(EndpointDelivery($0, settings: settings)) }
    }
}
