import CaliberCore
import Foundation

extension ModelRegistry {
    static let aliasFile = "aliases.json"

    public func aliases(of name: String) throws(ModelProblem) -> ModelAliases {
        let path = path(name, ModelRegistry.aliasFile)
        guard FileManager.default.fileExists(atPath: path) else { return ModelAliases() }
        do {
            return try JSONDecoder().decode(ModelAliases.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
        } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
            throw .malformed(path: path, reason: context.debugDescription)
        } catch DecodingError.keyNotFound(let key, let context) {
            throw .invalid(path: path, at: ModelFile.path(context.codingPath + [key]), reason: "it is missing")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context)
        {
            throw .invalid(path: path, at: ModelFile.path(context.codingPath), reason: context.debugDescription)
        } catch {
            throw .unreadable(path: path, reason: error.localizedDescription)
        }
    }

    /// Makes a version the champion or the challenger. It must be one that can be read.
    ///
    /// - Throws: `.alreadyAlias` when it is that already, and what loading throws.
    @discardableResult
    public func promote(
        _ name: String, version: String, to alias: ModelAliases.Alias = .champion, at: Timestamp, by: String,
        why: String
    ) throws(ModelProblem) -> ModelAliases {
        _ = try load(name: name, version: version)
        var aliases = try aliases(of: name)
        if aliases.version(of: alias) == version {
            throw .alreadyAlias(name: name, version: version, alias: alias.rawValue)
        }
        aliases.promote(version, to: alias, at: at, by: by, why: why)
        try write(aliases, of: name)
        return aliases
    }

    /// Gives the place back to the champion before; a second time to the one before that.
    @discardableResult
    public func rollback(
        _ name: String, at: Timestamp, by: String, why: String
    ) throws(ModelProblem) -> ModelAliases {
        if versions(of: name).isEmpty { _ = try resolve(name) }
        var aliases = try aliases(of: name)
        guard let before = aliases.championBefore else { throw .nothingToRollBack(name: name) }
        _ = try load(name: name, version: before)
        aliases.rollback(to: before, at: at, by: by, why: why)
        try write(aliases, of: name)
        return aliases
    }

    private func write(_ aliases: ModelAliases, of name: String) throws(ModelProblem) {
        let path = path(name, ModelRegistry.aliasFile)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            let text = try JSONTree(parsing: try encoder.encode(aliases)).indentedText() + "\n"
            try AtomicFile.write(Data(text.utf8), to: path, replacing: true)
        } catch let failure as AtomicFile.Failure {
            throw .unwritable(path: path, reason: failure.reason)
        } catch {
            throw .unwritable(path: path, reason: "\(error)")
        }
    }
}
