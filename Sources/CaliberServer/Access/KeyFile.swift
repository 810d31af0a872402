import CaliberCore
import CaliberDictionary
import Crypto
import Foundation

/// A key as the file keeps it: everything but the key itself.
public struct AccessKey: Sendable, Hashable {
    /// Public: a part of the key, and what logs name it by.
    public let id: String
    public let name: String
    public let roles: Set<AccessRole>
    public let created: Timestamp
    public var revoked: Timestamp?
    /// SHA-256 of the whole key, in hexadecimal. A key has 256 bits of chance, so that a slow hash would add nothing.
    let digest: String
}

/// The file of API keys: YAML, written as a whole and never in place, for its owner's eyes.
public struct KeyFile: Sendable {
    public let path: String
    public private(set) var keys: [AccessKey] = []

    /// Reads a file; one that is not there holds no keys.
    ///
    /// - Throws: everything that is wrong with it.
    public init(path: String) throws(DiagnosticList) {
        self.path = path
        guard FileManager.default.fileExists(atPath: path) else { return }
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw DiagnosticList([KeyProblem.unreadable(path: path, reason: error.localizedDescription).diagnostic])
        }
        guard let root = try YAMLValue.read(text, file: path), !root.isNull else { return }
        var problems: [Diagnostic] = []
        for entry in root["keys"]?.list ?? [] {
            do throws(KeyProblem) {
                keys.append(try AccessKey(entry))
            } catch {
                problems.append(error.diagnostic)
            }
        }
        if root["keys"]?.list == nil {
            problems.append(KeyProblem.malformed(key: "keys", at: root.location).diagnostic)
        }
        guard problems.isEmpty else { throw DiagnosticList(problems) }
    }

    /// Makes a key.
    ///
    /// - Returns: the key, which nobody can get from the file again.
    /// - Throws: `DiagnosticList` when the file can't be written.
    public mutating func create(name: String, roles: Set<AccessRole>, now: Timestamp) throws(DiagnosticList) -> String {
        let id = String(AccessToken.chance(byteCount: 6))
        let token = "cal_\(id)_\(AccessToken.chance(byteCount: 32))"
        let key = AccessKey(
            id: id, name: name, roles: roles, created: now, revoked: nil, digest: AccessToken.digest(of: token))
        var changed = self
        changed.keys.append(key)
        try changed.write()
        self = changed
        return token
    }

    /// Revokes a key by its id; one that was revoked before keeps its moment.
    public mutating func revoke(_ id: String, now: Timestamp) throws(DiagnosticList) {
        guard let index = keys.firstIndex(where: { $0.id == id }) else {
            throw DiagnosticList([
                KeyProblem.unknown(id: id, nearest: NameSuggestion.nearest(to: id, among: keys.map(\.id))).diagnostic
            ])
        }
        var changed = self
        changed.keys[index].revoked = keys[index].revoked ?? now
        try changed.write()
        self = changed
    }

    private func write() throws(DiagnosticList) {
        let text = "keys:\n" + keys.map(\.yaml).joined()
        let temporary = path + ".\(AccessToken.chance(byteCount: 4))"
        let manager = FileManager.default
        guard
            manager.createFile(
                atPath: temporary, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]),
            rename(temporary, path) == 0
        else {
            try? manager.removeItem(atPath: temporary)
            throw DiagnosticList([
                KeyProblem.unwritable(path: path, reason: String(cString: strerror(errno))).diagnostic
            ])
        }
    }
}

extension AccessKey {
    fileprivate init(_ entry: YAMLValue) throws(KeyProblem) {
        func text(_ key: String) throws(KeyProblem) -> String {
            guard let text = entry[key]?.text, !text.isEmpty else {
                throw .malformed(key: key, at: entry[key]?.location ?? entry.location)
            }
            return text
        }
        func moment(_ key: String) throws(KeyProblem) -> Timestamp {
            let text = try text(key)
            do throws(TimestampText.Failure) {
                return try TimestampText.parse(text, zone: nil)
            } catch {
                throw .malformed(key: key, at: entry[key]?.location ?? entry.location)
            }
        }
        id = try text("id")
        name = try text("name")
        digest = try text("sha256")
        guard digest.utf8.count == 64 else { throw .malformed(key: "sha256", at: entry.location) }
        var roles: Set<AccessRole> = []
        for value in entry["roles"]?.list ?? [] {
            guard let role = value.text.flatMap(AccessRole.init) else {
                throw .unknownRole(text: value.text ?? "", at: value.location)
            }
            roles.insert(role)
        }
        self.roles = roles
        created = try moment("created")
        revoked = entry["revoked"] == nil ? nil : try moment("revoked")
    }

    fileprivate var yaml: String {
        var text = """
              - id: "\(id)"
                name: \(QuotedText.json(name))
                roles: [\(roles.map(\.rawValue).sorted().joined(separator: ", "))]
                sha256: "\(digest)"
                created: "\(created)"

            """
        if let revoked { text += "    revoked: \"\(revoked)\"\n" }
        return text
    }
}

/// The text of a key: `cal_<id>_<secret>`.
enum AccessToken {
    static func chance(byteCount: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("0123456789abcdefghijkmnpqrstuvwx".utf8)
        // Five bits a letter.
        let letters = (0..<(byteCount * 8 + 4) / 5).map { _ in alphabet[Int(generator.next() & 31)] }
        return String(decoding: letters, as: UTF8.self)
    }

    static func id(of token: some StringProtocol) -> String? {
        let parts = token.split(separator: "_", omittingEmptySubsequences: false)
        return parts.count == 3 && parts[0] == "cal" ? String(parts[1]) : nil
    }

    static func digest(of token: some StringProtocol) -> String {
        SHA256.hash(data: Data(token.utf8)).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    /// Compares in a time that does not depend on where texts differ.
    static func areEqual(_ left: String, _ right: String) -> Bool {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }
}

/// What is wrong with a file of keys.
enum KeyProblem: Error {
    case unreadable(path: String, reason: String)
    case unwritable(path: String, reason: String)
    case malformed(key: String, at: SourceLocation)
    case unknownRole(text: String, at: SourceLocation)
    case unknown(id: String, nearest: [String])

    var diagnostic: Diagnostic {
        switch self {
        case .unreadable(let path, let reason):
            Diagnostic("keys-unreadable", "\(path) can't be read: \(reason).", remedy: "Check the path and its rights.")
        case .unwritable(let path, let reason):
            Diagnostic("keys-unwritable", "\(path) can't be written: \(reason).")
        case .malformed(let key, let location):
            Diagnostic(
                "keys-malformed", "\"\(key)\" is missing or is not what `caliber keys` writes.", at: location,
                remedy: "Let `caliber keys` write this file.")
        case .unknownRole(let text, let location):
            Diagnostic(
                "keys-unknown-role", "There is no role \"\(text)\".", at: location,
                suggestions: AccessRole.allCases.map(\.rawValue))
        case .unknown(let id, let nearest):
            Diagnostic(
                "unknown-key", "There is no key with the id \"\(id)\".", remedy: "`caliber keys list` shows them.",
                suggestions: nearest)
        }
    }
}
