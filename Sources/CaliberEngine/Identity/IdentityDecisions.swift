import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberIdentity
import Foundation

/// Words on who is one person, as events.
enum IdentityDecisions {
    static let contract = "identity.decided"

    /// The words that some events hold on one identity. What names no value is nobody's.
    static func read(_ batches: [EventBatch], of identity: String) -> [Decision] {
        batches.filter { $0.contract.name == contract }.flatMap { events in
            (0..<events.count).compactMap { event -> Decision? in
                func text(_ name: String) -> String? {
                    guard let field = events.contract.fieldIndex(named: name), let pool = events.fields[field].pool,
                        events.fields[field].validity[event] != 0
                    else { return nil }
                    return pool.string(UInt32(truncatingIfNeeded: events.fields[field].lanes[event]))
                }
                guard text("identity") == identity, let verdict = text("verdict").flatMap(Word.init(rawValue:)),
                    let one = text("one").flatMap(NodeName.init(parsing:)),
                    let other = text("other").flatMap(NodeName.init(parsing:)), one != other
                else { return nil }
                let time = events.time.validity[event] != 0 ? events.time.lanes[event] : 0
                return Decision(
                    verdict.verdict(one, other), who: text("who") ?? "", why: text("why") ?? "",
                    at: Timestamp(microseconds: time))
            }
        }
    }

    enum Word: String {
        case split, merge, release

        func verdict(_ one: NodeName, _ other: NodeName) -> Decision.Verdict {
            switch self {
            case .split: .split(one, other)
            case .merge: .merge(one, other)
            case .release: .release(one, other)
            }
        }
    }

    /// A word as a line of CloudEvents.
    static func line(
        _ word: Word, _ one: NodeName, _ other: NodeName, of identity: String, who: String, why: String, at: Timestamp
    ) throws -> [UInt8] {
        struct Content: Encodable {
            let identity: String
            let verdict: String
            let one: String
            let other: String
            let who: String
            let why: String
        }
        struct Line: Encodable {
            let specversion = "1.0"
            let id: String
            let source = "caliber/identity"
            let type = IdentityDecisions.contract
            let time: String
            let data: Content
        }
        let line = Line(
            id: "\(word.rawValue)-\(UUID().uuidString.lowercased())", time: at.description,
            data: Content(
                identity: identity, verdict: word.rawValue, one: one.description, other: other.description, who: who,
                why: why))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(line)) + [UInt8(ascii: "\n")]
    }
}
