import CaliberCore
import CaliberDictionary
import CaliberTesting
import Testing

@Suite struct FuzzTests {
    /// Bytes that mean something to YAML or to expressions come up more often than chance would have them.
    private static let meaningful = Array("{}[]:,-?&*!|>'\"%@`#\\ \n\t\r().=<>~_0nt\u{0}".utf8) + [0x80, 0xC3, 0xFF]

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `no mutation of a dictionary crashes the loader, and each is loaded or told`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var files = ShopDictionary.files
        let index = Int.random(in: 0..<files.count, using: &generator)
        files[index] = DictionaryFile(path: files[index].path, text: mutated(files[index].text, &generator))
        do {
            _ = try MetricDictionary.load(files: files)
        } catch {
            #expect(!error.diagnostics.isEmpty)
            #expect(error.diagnostics.contains { $0.severity == .error })
            #expect(error.diagnostics.allSatisfy { !$0.message.isEmpty })
        }
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `no mutation of a lock crashes the loader`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let loaded = try ShopDictionary.load()
        let lock = mutated(loaded.lock.accepting(loaded).text, &generator)
        _ = try? ShopDictionary.load(changing: [DictionaryFile(path: "versions.lock", text: lock)])
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `a definition that lost or gained lines is loaded or told`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let files = ShopDictionary.files.map { file in
            var lines = file.text.split(separator: "\n", omittingEmptySubsequences: false)
            for _ in 0..<2 where lines.count > 2 {
                let line = Int.random(in: 0..<lines.count, using: &generator)
                if Bool.random(using: &generator) {
                    lines.remove(at: line)
                } else {
                    lines.insert(lines.randomElement(using: &generator) ?? "", at: line)
                }
            }
            return DictionaryFile(path: file.path, text: lines.joined(separator: "\n"))
        }
        _ = try? MetricDictionary.load(files: files)
    }

    private func mutated(_ text: String, _ generator: inout SeededGenerator) -> String {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...8, using: &generator) where bytes.count > 8 {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes[place] = Self.meaningful.randomElement(using: &generator) ?? 0
            case 1: bytes.insert(Self.meaningful.randomElement(using: &generator) ?? 0, at: place)
            case 2: bytes.remove(at: place)
            case 3:
                let end = min(bytes.count, place + Int.random(in: 1...40, using: &generator))
                bytes.removeSubrange(place..<end)
            default:
                let end = min(bytes.count, place + Int.random(in: 1...80, using: &generator))
                bytes.insert(
                    contentsOf: Array(bytes[place..<end]), at: Int.random(in: 0..<bytes.count, using: &generator))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
