import Foundation
import Testing

/// Text that people read, kept beside the test that makes it.
///
/// `CALIBER_RECORD_GOLDEN=1` writes the files anew, and fails the run that did so: a recorded file is to be read before
/// it is believed.
public enum GoldenFile {
    /// Compares `text` with `Golden/<name>` in the folder of the calling test.
    public static func expect(
        _ text: String, matches name: String, testFile: String = #filePath,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let url = URL(fileURLWithPath: testFile).deletingLastPathComponent().appending(path: "Golden/\(name)")
        if ProcessInfo.processInfo.environment["CALIBER_RECORD_GOLDEN"] == "1" {
            record(text, at: url, sourceLocation: sourceLocation)
            return
        }
        guard let golden = try? String(contentsOf: url, encoding: .utf8) else {
            Issue.record(
                "There is no golden file \(name). Record it with CALIBER_RECORD_GOLDEN=1 and read it.",
                sourceLocation: sourceLocation)
            return
        }
        #expect(text == golden, "differs from Golden/\(name)", sourceLocation: sourceLocation)
    }

    private static func record(_ text: String, at url: URL, sourceLocation: SourceLocation) {
        guard (try? String(contentsOf: url, encoding: .utf8)) != text else { return }
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: url, atomically: true, encoding: .utf8)
            Issue.record("Recorded \(url.lastPathComponent). Read it, then run again.", sourceLocation: sourceLocation)
        } catch {
            Issue.record("Could not record \(url.path): \(error)", sourceLocation: sourceLocation)
        }
    }
}
