import Foundation

/// One line on standard error that says how far a long command is; silent where nobody watches.
final class ProgressLine {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var lastDrawn = ContinuousClock.now - .seconds(1)
    private var hasDrawn = false

    /// Draws at most ten times a second.
    ///
    /// - Parameter fraction: 0...1, or nil where the whole is not known (standard input, compressed files).
    func show(_ text: String, fraction: Double?) {
        guard isTerminal, ContinuousClock.now - lastDrawn > .milliseconds(100) else { return }
        lastDrawn = ContinuousClock.now
        hasDrawn = true
        var line = ""
        if let fraction {
            let filled = Int((min(max(fraction, 0), 1) * 24).rounded())
            line = "[" + String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled) + "] "
        }
        FileHandle.standardError.write(Data("\r\u{1B}[2K\(line)\(text)".utf8))
    }

    /// Takes the line away, so that what follows stands alone.
    func clear() {
        guard hasDrawn else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[2K".utf8))
    }
}
