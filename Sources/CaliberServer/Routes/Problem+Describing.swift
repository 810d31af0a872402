import CaliberAlerts
import CaliberCore
import CaliberEngine
import CaliberQuery
import HTTPTypes
import Hummingbird
import NIOCore

extension Problem {
    /// What any error says to a client.
    init(describing error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let problem as AccessProblem: self.init(problem)
        case let problem as WriterProblem:
            self.init(.serviceUnavailable, [problem.diagnostic], retryAfterSeconds: 2)
        case WorkerThreads.Failure.full:
            self.init(
                .serviceUnavailable, "queries-busy", "Too many queries wait already.",
                remedy: "Ask again later.", retryAfterSeconds: 1)
        case WorkerThreads.Failure.closed, is CancellationError:
            self.init(.serviceUnavailable, "closing", "The service is about to end.", retryAfterSeconds: 5)
        case is NIOTooManyBytesError:
            self.init(
                .contentTooLarge, "body-too-large",
                "The body is larger than \(ServiceContext.queryByteLimit) bytes.", closesConnection: true)
        case let error as any HTTPResponseError: self.init(ofRouter: error.status)
        case AlertProblem.unknownTicket: self.init(.notFound, Diagnostic.describing(error))
        case AlertProblem.ticketClosed: self.init(.conflict, Diagnostic.describing(error))
        case AlertProblem.anonymous, AlertProblem.unknownVerdict:
            self.init(.badRequest, Diagnostic.describing(error))
        // A question that can't be answered is the client's affair; what the store can't do is not.
        case is DiagnosticList, is Diagnostic, is QueryProblem:
            self.init(.badRequest, Diagnostic.describing(error))
        default:
            let diagnostics = Diagnostic.describing(error)
            let isFault = diagnostics.contains { $0.code == "unexpected" }
            self.init(isFault ? .internalServerError : .serviceUnavailable, diagnostics, retryAfterSeconds: 2)
        }
    }

    private init(ofRouter status: HTTPResponse.Status) {
        switch status {
        case .notFound:
            self.init(
                .notFound, "no-such-route", "There is nothing at this path.",
                remedy: "GET /v1/openapi.json lists everything.")
        case .methodNotAllowed:
            self.init(
                .methodNotAllowed, "method-not-allowed", "This path does not take that method.",
                remedy: "GET /v1/openapi.json lists everything.")
        case .contentTooLarge:
            self.init(
                .contentTooLarge, "body-too-large",
                "The body is larger than \(ServiceContext.queryByteLimit) bytes.", closesConnection: true)
        default: self.init(status, "request-refused", "\(status).")
        }
    }
}
