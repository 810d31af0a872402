import CaliberCore
import CaliberRegression
import Foundation

extension ModelFile {
    /// Reads a model file and looks at everything in it.
    ///
    /// - Parameter path: for what is said about it.
    /// - Throws: `.malformed`, `.newerFormat`, `.invalid` with the JSON path, `.changedContent`.
    public init(reading data: Data, path: String) throws(ModelProblem) {
        let tree: JSONTree
        do throws(JSONTree.Malformed) {
            tree = try JSONTree(parsing: data)
        } catch {
            throw .malformed(path: path, reason: "\(error.reason) (byte \(error.byteOffset))")
        }
        if case .literal(let text)? = tree["format"], let format = Int(text), format > ModelFile.newestFormat {
            throw .newerFormat(path: path, format: format, newestKnown: ModelFile.newestFormat)
        }
        self = try ModelFile.decoded(data, path: path)
        if let (place, reason) = fault { throw .invalid(path: path, at: place, reason: reason) }
        guard case .string(let written)? = tree[ModelFile.hashKey] else {
            throw .invalid(path: path, at: "$.\(ModelFile.hashKey)", reason: "it is missing")
        }
        let actual = ModelFile.hash(of: tree)
        guard written == actual else { throw .changedContent(path: path, written: written, actual: actual) }
    }

    private static func decoded(_ data: Data, path: String) throws(ModelProblem) -> ModelFile {
        do {
            return try JSONDecoder().decode(ModelFile.self, from: data)
        } catch DecodingError.keyNotFound(let key, let context) {
            throw .invalid(
                path: path, at: ModelFile.path(context.codingPath + [key]), reason: "it is missing")
        } catch DecodingError.typeMismatch(let type, let context) {
            throw .invalid(
                path: path, at: ModelFile.path(context.codingPath), reason: "it is not \(name(of: type))")
        } catch DecodingError.valueNotFound(let type, let context) {
            throw .invalid(
                path: path, at: ModelFile.path(context.codingPath),
                reason: "it is null where \(name(of: type)) stands")
        } catch DecodingError.dataCorrupted(let context) {
            throw .invalid(path: path, at: ModelFile.path(context.codingPath), reason: context.debugDescription)
        } catch {
            throw .malformed(path: path, reason: "\(error)")
        }
    }

    private static func name(of type: any Any.Type) -> String {
        if type is String.Type { return "a text" }
        if type is Double.Type { return "a number" }
        if type is any BinaryInteger.Type { return "a whole number" }
        if type is Bool.Type { return "true or false" }
        return "\(type)".hasPrefix("Array") ? "a list" : "an object"
    }

    /// The first value that can't be, with its JSON path.
    private var fault: (place: String, reason: String)? {
        if format < 1 { return ("$.format", "a format is 1 or above") }
        if !ModelFile.isName(name) { return ("$.name", "\(QuotedText.json(name)) can't name a model") }
        if !ModelFile.isName(version) { return ("$.version", "\(QuotedText.json(version)) can't name a version") }
        let windows = [
            ("window", training.window), ("calibrationWindow", training.calibrationWindow),
            ("heldOutWindow", training.heldOutWindow),
        ]
        for case (let key, let window?) in windows where window.from >= window.until {
            return ("$.training.\(key)", "it ends before it begins")
        }
        if training.rowCount < 0 || training.badCount < 0 || training.badCount > training.rowCount {
            return ("$.training.badCount", "bad rows are some of the rows")
        }
        if !(0...1).contains(training.baseRate) { return ("$.training.baseRate", "a rate is from 0 to 1") }
        if columns.isEmpty { return ("$.columns", "a model has columns") }
        var seen: Set<String> = []
        for (index, column) in columns.enumerated() {
            let place = "$.columns[\(index)]"
            if !seen.insert(column.id).inserted {
                return (place + ".id", "\(QuotedText.json(column.id)) stands twice")
            }
            if !(column.deviation > 0) { return (place + ".deviation", "a deviation is above 0") }
            if let reason = column.bins?.fault { return (place + ".bins", reason) }
        }
        if let reason = scoreBins?.fault { return ("$.scoreBins", reason) }
        return nil
    }

    /// What can stand in a path as a folder's or a file's name.
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 64, text != "aliases" else { return false }
        func isPlain(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: false
            }
        }
        return isPlain(first) && text.utf8.allSatisfy { isPlain($0) || [0x2D, 0x2E, 0x5F].contains($0) }
    }
}

extension FrozenBins {
    fileprivate var fault: String? {
        if counts.count != bounds.count + 1 { return "there is one count more than bounds" }
        if !zip(bounds, bounds.dropFirst()).allSatisfy({ $0 < $1 }) { return "bounds rise" }
        if missingCount < 0 || counts.contains(where: { $0 < 0 || $0 > 1 << 48 }) { return "counts are not negative" }
        return nil
    }
}
