import CaliberCore
import CaliberEngine
import Foundation

/// Figures of models as people read them.
enum ModelText {
    static var now: Timestamp { Engine.wallClock() }

    static func figure(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "–" }

    /// With no more digits than it has.
    static func number(_ value: Double?) -> String { value.map { String(format: "%.10g", $0) } ?? "–" }

    static func percent(_ share: Double) -> String { String(format: "%.2f%%", share * 100) }

    /// A dash where there is none.
    static func share(_ share: Double?) -> String { share.map { percent($0) } ?? "–" }

    static func day(_ moment: Timestamp) -> String { String(moment.description.prefix(10)) }

    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
