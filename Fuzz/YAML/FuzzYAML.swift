import CaliberCore
import CaliberDictionary
import FuzzPromise

/// Up to three files in one input, divided by lines `%%%`: definitions, the settings, the lock. Whatever they hold,
/// loading ends in a dictionary or in errors; and a dictionary that is accepted into the lock is found there again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzYAML(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    let parts = text.split(separator: "\n%%%\n", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    let settings = parts.count > 1 ? parts[1] : "name: fuzz\ntime_zone: Asia/Shanghai\ncurrency: CNY\n"
    let files = [
        DictionaryFile(path: "definitions.yaml", text: parts[0]), DictionaryFile(path: "caliber.yaml", text: settings),
    ]
    guard let loaded = load(files + parts.dropFirst(2).map { DictionaryFile(path: "versions.lock", text: $0) }) else {
        return 0
    }
    let lock = loaded.lock.accepting(loaded)
    guard let again = load(files + [DictionaryFile(path: "versions.lock", text: lock.text)]) else {
        fatalError("the accepted lock can't be read:\n\(lock.text)")
    }
    promise(again.isLocked, "what was accepted is not in the lock:\n\(lock.text)")
    promise(again.lock.text == lock.text, "the lock is not read as it was written:\n\(lock.text)")
    promise(again.contentHash == loaded.contentHash, "the lock changed the meaning")
    return 0
}

private func load(_ files: [DictionaryFile]) -> LoadedDictionary? {
    do throws(DiagnosticList) {
        return try MetricDictionary.load(files: files)
    } catch {
        promise(error.diagnostics.contains { $0.severity == .error }, "refused without a reason")
        promise(!error.description.isEmpty, "refused without a word")
        return nil
    }
}
