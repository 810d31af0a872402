import CaliberCore
import CaliberDictionary
import CaliberEngine
import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
import UnixSignals

/// The service that runs all day: takes events in over HTTP, durably, scores them, looks by its watches, tells who is to be
/// told, and answers queries.
public struct CaliberService: Sendable {
    private let configuration: ServiceConfiguration
    private let engine: Engine
    private let writer: IntakeWriter
    private let access: AccessControl
    private let threads: WorkerThreads
    private let measures: ServiceMeasures
    private let logger: Logger

    /// Opens the database and takes the right to write.
    ///
    /// - Parameter follower: what else is to be done after each commit, see `CommitFollower`; nil: the dictionary's
    ///     watches look, and alerts are delivered.
    /// - Throws: `DiagnosticList` for the dictionary and the keys, `StoreProblem` for the database, and its `leaseHeld`
    ///   beside another writer.
    public init(_ configuration: ServiceConfiguration, follower: (any CommitFollower)? = nil) throws {
        self.configuration = configuration
        let level = Logger.Level(rawValue: configuration.logLevel) ?? .info
        let asJSON = configuration.logsAsJSON
        var logger = Logger(label: "caliber") { LogLines(label: $0, level: level, asJSON: asJSON) }
        logger.logLevel = level
        self.logger = logger
        let told = logger
        access = try AccessControl(path: configuration.keysPath) { problems in
            for problem in problems.diagnostics {
                told.error("the keys can't be read again", metadata: ["reason": "\(problem.description)"])
            }
        }
        let dictionary = try MetricDictionary.load(from: configuration.dictionaryFolder)
        engine = try Engine.open(
            databasePath: configuration.databasePath, dictionary: dictionary, creating: true,
            settings: EngineSettings(
                memoryBudgetBytes: configuration.memoryMegabytes << 20,
                alerts: try configuration.alertSetup(zone: dictionary.dictionary.settings.timeZone)))
        measures = ServiceMeasures()
        writer = try IntakeWriter(
            engine, configuration: configuration, measures: measures, logger: logger,
            follower: follower ?? WatchFollower(measures: measures, logger: logger))
        threads = WorkerThreads(
            named: "caliber-query", count: configuration.queryThreads, waitingLimit: configuration.waitingQueryLimit)
    }

    /// Serves until SIGTERM or SIGINT; then takes no more connections, finishes what is underway, makes what waits
    /// durable, scores it, and gives the right to write back.
    ///
    /// - Parameter onListening: told the port that was bound.
    /// - Throws: when the address can't be listened on.
    public func run(onListening: @escaping @Sendable (Int) -> Void = { _ in }) async throws {
        writer.start()
        var group = ServiceGroupConfiguration(
            services: [application(onListening)], gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
        group.maximumGracefulShutdownDuration = .seconds(configuration.shutdownSeconds)
        let outcome: Result<Void, any Error>
        do {
            try await ServiceGroup(configuration: group).run()
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        logger.notice("ending: what waits is made durable")
        await writer.finish()
        threads.close()
        engine.keepPartialResults()
        logger.notice("ended")
        try outcome.get()
    }

    /// What libraries tell of themselves is for people who look for faults.
    private var quiet: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }

    private func application(_ onListening: @escaping @Sendable (Int) -> Void) -> some ApplicationProtocol {
        let intake = IntakeRoute(writer: writer, measures: measures, bodyByteLimit: configuration.bodyByteLimit)
        let queries = QueryRoutes(engine: engine, writer: writer, threads: threads, measures: measures)
        let reviews = ReviewRoutes(desk: engine.reviewDesk, threads: threads)
        let health = HealthRoutes(engine: engine, writer: writer, threads: threads, measures: measures)
        let routes = ServiceRoutes(
            access: access, configuration: configuration, intake: intake, queries: queries, reviews: reviews,
            health: health)
        let (head, body, answer) = (
            TimeAmount.seconds(Int64(configuration.headerSeconds)),
            TimeAmount.seconds(Int64(configuration.bodySeconds)),
            TimeAmount.seconds(Int64(configuration.answerSeconds))
        )
        let logger = logger
        return Application(
            router: routes.router(),
            server: .http1(
                configuration: HTTP1Channel.Configuration(
                    additionalChannelHandlers: [ConnectionDeadlines(head: head, body: body, answer: answer)],
                    httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                        maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100))),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.address.host, port: configuration.address.port),
                serverName: "caliber",
                availableConnectionsDelegate: MaximumAvailableConnections(
                    configuration.connectionLimit, logger: quiet)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? 0
                logger.notice("listening", metadata: ["port": "\(port)"])
                onListening(port)
            },
            logger: requestLogger)
    }

    private var requestLogger: Logger { logger }
}
