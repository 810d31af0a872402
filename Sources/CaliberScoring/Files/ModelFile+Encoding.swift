import CaliberCore
import Crypto
import Foundation

extension ModelFile {
    static let hashKey = "contentHash"

    /// The file's bytes: the same model gives the same bytes, and every number comes back to the last bit.
    ///
    /// - Throws: `.notFinite` where a figure is NaN or infinite.
    public func encoded() throws(ModelProblem) -> Data {
        let tree = try contentTree()
        guard case .object(let members) = tree else { return Data() }
        let hashed = members + [JSONTree.Member(key: ModelFile.hashKey, value: .string(ModelFile.hash(of: tree)))]
        let sorted = JSONTree.object(hashed.sorted { $0.key < $1.key })
        return Data((sorted.indentedText() + "\n").utf8)
    }

    /// SHA-256 over all of the content, in hexadecimal: what an alert keeps to say which model spoke.
    public func contentHash() throws(ModelProblem) -> String { ModelFile.hash(of: try contentTree()) }

    /// Without the hash itself.
    private func contentTree() throws(ModelProblem) -> JSONTree {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return try JSONTree(parsing: try encoder.encode(self))
        } catch let error as EncodingError {
            guard case .invalidValue(_, let context) = error else { throw ModelProblem.notFinite(at: "$") }
            throw ModelProblem.notFinite(at: ModelFile.path(context.codingPath))
        } catch {
            throw ModelProblem.notFinite(at: "$")
        }
    }

    /// Keys stand sorted, without white space, without the hash itself.
    static func hash(of tree: JSONTree) -> String {
        var hasher = SHA256()
        hasher.update(data: Data(tree.removing(hashKey).compactText.utf8))
        return hasher.hexadecimalDigest
    }

    /// `$.columns[3].weight`.
    static func path(_ keys: [any CodingKey]) -> String {
        keys.reduce("$") { path, key in key.intValue.map { "\(path)[\($0)]" } ?? "\(path).\(key.stringValue)" }
    }
}
