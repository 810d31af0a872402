import CaliberCore
import Foundation
import Synchronization

/// Who may come in: reads the file of keys again when it changes, so that a revoked key is out within seconds.
final class AccessControl: Sendable {
    /// Who asks.
    enum Caller: Sendable, CustomStringConvertible {
        /// The service runs without keys.
        case anyone
        case key(id: String, name: String, roles: Set<AccessRole>)

        var description: String {
            switch self {
            case .anyone: "anyone"
            case .key(let id, _, _): id
            }
        }

        /// Whom the key was made for; nil where anyone may come in.
        var name: String? {
            switch self {
            case .anyone: nil
            case .key(_, let name, _): name
            }
        }
    }

    private struct State {
        var keys: [String: AccessKey] = [:]
        var checkedAt: ContinuousClock.Instant
        var modified: Date?
    }

    private let path: String?
    private let state: Mutex<State>
    private static let lookInterval = Duration.seconds(2)
    private let onProblem: @Sendable (DiagnosticList) -> Void

    /// - Parameters:
    ///   - path: the file of keys; nil lets everyone in.
    ///   - onProblem: told when the file has become unreadable; then the keys that were known stay.
    init(path: String?, onProblem: @escaping @Sendable (DiagnosticList) -> Void) throws(DiagnosticList) {
        self.path = path
        self.onProblem = onProblem
        var first = State(checkedAt: .now)
        if let path {
            first.modified = AccessControl.modified(path)
            first.keys = try AccessControl.read(path)
        }
        state = Mutex(first)
    }

    private static func read(_ path: String) throws(DiagnosticList) -> [String: AccessKey] {
        Dictionary(try KeyFile(path: path).keys.map { ($0.id, $0) }) { $1 }
    }

    private static func modified(_ path: String) -> Date? {
        try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    }

    /// - Parameter authorization: the header's value.
    /// - Throws: `AccessProblem` when the caller is not known, or may not do this.
    func admit(_ authorization: String?, for role: AccessRole) throws(AccessProblem) -> Caller {
        guard path != nil else { return .anyone }
        guard let authorization else { throw .noKey }
        let words = authorization.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "bearer" else { throw .noKey }
        let token = words[1].drop { $0 == " " }
        let key = AccessToken.id(of: token).flatMap { id in currentKeys()[id] }
        // Compared in any case, so that the time says nothing about which ids there are.
        let matches = AccessToken.areEqual(
            AccessToken.digest(of: token), key?.digest ?? String(repeating: "0", count: 64))
        guard let key, matches, key.revoked == nil else { throw .unknownKey }
        guard !key.roles.isDisjoint(with: role.holders) else { throw .forbidden(role: role) }
        return .key(id: key.id, name: key.name, roles: key.roles)
    }

    private func currentKeys() -> [String: AccessKey] {
        guard let path else { return [:] }
        let (keys, problem) = state.withLock { state -> ([String: AccessKey], DiagnosticList?) in
            guard ContinuousClock.now - state.checkedAt >= AccessControl.lookInterval else { return (state.keys, nil) }
            state.checkedAt = .now
            let modified = AccessControl.modified(path)
            guard modified != state.modified else { return (state.keys, nil) }
            do throws(DiagnosticList) {
                state.keys = try AccessControl.read(path)
                state.modified = modified
                return (state.keys, nil)
            } catch {
                return (state.keys, error)
            }
        }
        if let problem { onProblem(problem) }
        return keys
    }
}

/// Why a request is not let in.
enum AccessProblem: Error {
    case noKey
    case unknownKey
    case forbidden(role: AccessRole)
}
