import Foundation

/// Numbers as a table shows them.

func grouped(_ number: Int) -> String {
    var digits = String(number)
    var groups: [Substring] = []
    while digits.count > 3 {
        groups.insert(digits.suffix(3), at: 0)
        digits.removeLast(3)
    }
    return ([Substring(digits)] + groups).joined(separator: ",")
}

func ratioText(_ ratio: Double) -> String {
    ratio >= 10 ? grouped(Int(ratio.rounded())) + "×" : String(format: "%.2f×", ratio)
}

/// A quotient that had better be small, to two digits: `0.42`, `0.0071`, `12`.
func shareText(_ share: Double) -> String {
    guard share > 0, share < 10 else { return String(format: "%.0f", share) }
    let decimals = max(0, 1 - Int(log10(share).rounded(.down)))
    return String(format: "%.\(decimals)f", share)
}

func percentText(_ share: Double) -> String { String(format: "%.0f%%", share * 100) }

func size(_ bytes: Int) -> String {
    bytes >= 1_000_000_000 ? String(format: "%.1f GB", Double(bytes) / 1e9) : "\((bytes + 500_000) / 1_000_000) MB"
}

func rate(_ bytesPerSecond: Double) -> String { String(format: "%.1f GB/s", bytesPerSecond / 1e9) }

/// The median, and the spread where there is one: `4.41 (4.35–4.90)`.
func secondsText(_ seconds: [Double]) -> String {
    guard let fastest = seconds.min(), let slowest = seconds.max(), seconds.count > 1 else {
        return String(format: "%.2f", median(seconds))
    }
    return String(format: "%.2f (%.2f–%.2f)", median(seconds), fastest, slowest)
}

/// The median, to three digits: `318`, `31.9`, `0.412`.
func millisecondsText(_ seconds: [Double]) -> String {
    let milliseconds = median(seconds) * 1000
    guard milliseconds > 0, milliseconds < 100 else { return grouped(Int(milliseconds.rounded())) }
    return String(format: "%.\(max(0, min(3, 2 - Int(log10(milliseconds).rounded(.down)))))f", milliseconds)
}
