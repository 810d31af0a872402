import CaliberAlerts
import CaliberCore
import CaliberSinks
import Synchronization

/// Plays every receiver: keeps what arrives, and answers as the test says.
final class PlayedReceivers: AlertSending {
    struct Arrival: Sendable, Equatable {
        let endpoint: String
        let at: Timestamp
        let message: AlertMessage
        let partCount: Int
        let outcome: SendOutcome
    }

    private struct State {
        var arrivals: [Arrival] = []
        var answer: @Sendable (AlertMessage, Timestamp) -> SendOutcome = { _, _ in .delivered(answer: "ok") }
        var alertsPerPart = 1_000
    }

    private let state = Mutex(State())

    var arrivals: [Arrival] { state.withLock { $0.arrivals } }
    var delivered: [Arrival] {
        arrivals.filter { if case .delivered = $0.outcome { true } else { false } }
    }

    func arrivals(at endpoint: String) -> [Arrival] { arrivals.filter { $0.endpoint == endpoint } }

    func answer(_ answer: @escaping @Sendable (AlertMessage, Timestamp) -> SendOutcome) {
        state.withLock { $0.answer = answer }
    }

    func answer(_ outcome: SendOutcome) { answer { _, _ in outcome } }

    func split(every alertCount: Int) { state.withLock { $0.alertsPerPart = alertCount } }

    func partCount(of message: AlertMessage) -> Int {
        let size = state.withLock { $0.alertsPerPart }
        return (message.alerts.count + size - 1) / size
    }

    func send(_ message: AlertMessage, at moment: Timestamp) -> SendOutcome {
        let answer = state.withLock { $0.answer }
        let outcome = answer(message, moment)
        let parts = partCount(of: message)
        state.withLock {
            $0.arrivals.append(
                Arrival(
                    endpoint: message.endpoint, at: moment, message: message, partCount: parts, outcome: outcome))
        }
        return outcome
    }
}
