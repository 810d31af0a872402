import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberQuery
import CoreMetrics
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Metrics, definitions, lineage and scores. Everything that computes runs on the queries' own threads.
struct QueryRoutes: Sendable {
    let engine: Engine
    let writer: IntakeWriter
    let threads: WorkerThreads
    let measures: ServiceMeasures

    func load(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let buffer = try await request.body.collect(upTo: ServiceContext.queryByteLimit)
        let load = try LoadRequest(json: Data(buffer.readableBytesView)) { try engine.query(saved: $0) }
        let text = try await onTables(context) { tables in
            try tables.answer(load.query).render(as: .json, decimals: load.decimals)
        }
        return Response.text(text, as: "application/json")
    }

    func meta(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let loaded = engine.loaded
        return try await off(context) { Response.json(DefinitionJSON.meta(loaded)) }
    }

    func metric(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let reference = MetricReference(text: try context.name("id"))
        let loaded = engine.loaded
        guard let metric = loaded.dictionary.metric(named: reference.name, version: reference.version) else {
            throw Problem(
                .notFound,
                [
                    Diagnostic(
                        "unknown-metric", "There is no metric \"\(reference)\".",
                        suggestions: NameSuggestion.nearest(
                            to: reference.name, among: loaded.dictionary.metrics.map(\.name)))
                ])
        }
        return try await off(context) { Response.json(try DefinitionJSON.metric(metric, in: loaded)) }
    }

    func lineage(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let name = try context.name("id")
        let direction = request.uri.queryParameters["direction"].map(String.init) ?? "upstream"
        guard ["upstream", "downstream"].contains(direction) else {
            throw Problem(
                .badRequest, "bad-direction", "There is no direction \(QuotedText.json(direction)).",
                remedy: "Ask for upstream or downstream.")
        }
        let dictionary = engine.dictionary
        return try await off(context) {
            let lineage = Lineage(of: dictionary)
            do throws(Diagnostic) {
                let view = direction == "upstream" ? try lineage.upstream(of: name) : try lineage.downstream(of: name)
                return Response.text(view.json, as: "application/json")
            } catch {
                throw Problem(.notFound, [error])
            }
        }
    }

    func score(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let order = try context.name("id")
        guard let scored = try await onTables(context, { try $0.scoredOrder(order) }) else {
            throw Problem(
                .notFound, "no-score", "Order \(QuotedText.json(order)) is not known, or has no score yet.")
        }
        return Response.json(try DefinitionJSON.score(scored))
    }

    private func onTables<Value: Sendable>(
        _ context: ServiceContext, _ work: @escaping @Sendable (FrozenTables) throws -> Value
    ) async throws -> Value {
        guard threads.hasRoom else {
            measures.refusedQueries.increment()
            throw WorkerThreads.Failure.full
        }
        let tables = try await writer.tables()
        return try await off(context) { try work(tables) }
    }

    private func off<Value: Sendable>(
        _ context: ServiceContext, _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let measures = measures
        let channel = context.channel
        do {
            return try await threads.run {
                // Who has hung up meanwhile is not answered.
                guard channel.isActive else { throw CancellationError() }
                let start = ContinuousClock.now
                defer { measures.querySeconds.record(start.duration(to: .now) / .seconds(1)) }
                return try work()
            }
        } catch WorkerThreads.Failure.full {
            measures.refusedQueries.increment()
            throw WorkerThreads.Failure.full
        }
    }
}

extension ServiceContext {
    /// A part of the path, unescaped.
    func name(_ parameter: String) throws -> String {
        let text = try parameters.require(parameter)
        guard let name = text.removingPercentEncoding, !name.isEmpty else {
            throw Problem(.badRequest, "bad-path", "The path holds a name that can't be unescaped.")
        }
        return name
    }
}
