import CoreMetrics
import Synchronization

/// Keeps what swift-metrics reports, and writes it in Prometheus' text format.
final class MetricsRegistry: MetricsFactory {
    private struct Name: Hashable {
        let label: String
        let dimensions: [[String]]
    }

    private let series = Mutex<[Name: any Series]>([:])

    private func find<Kind: Series>(
        _ label: String, _ dimensions: [(String, String)], _ make: () -> Kind
    ) -> Kind {
        let name = Name(label: label, dimensions: dimensions.map { [$0.0, $0.1] })
        return series.withLock { series in
            if let known = series[name] as? Kind { return known }
            let new = make()
            series[name] = new
            return new
        }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        find(label, dimensions) { CountedSeries() }
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        aggregate ? find(label, dimensions) { HistogramSeries() } : find(label, dimensions) { GaugeSeries() }
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        find(label, dimensions) { HistogramSeries() }
    }

    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}

    /// All series, by name.
    func text(meanings: [String: String]) -> String {
        let all = series.withLock { $0 }
        var text = ""
        let labels = Dictionary(grouping: all) { $0.key.label }
        for (label, group) in labels.sorted(by: { $0.key < $1.key }) {
            guard let kind = group.first?.value.kind else { continue }
            if let meaning = meanings[label] { text += "# HELP \(label) \(meaning)\n" }
            text += "# TYPE \(label) \(kind)\n"
            for (name, series) in group.sorted(by: { "\($0.key.dimensions)" < "\($1.key.dimensions)" }) {
                text += series.text(label, name.dimensions.map { ($0[0], $0[1]) })
            }
        }
        return text
    }

    static func line(_ label: String, _ dimensions: [(String, String)], _ value: String) -> String {
        guard !dimensions.isEmpty else { return "\(label) \(value)\n" }
        let pairs = dimensions.map { name, value in
            let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
            return "\(name)=\"\(escaped)\""
        }
        return "\(label){\(pairs.joined(separator: ","))} \(value)\n"
    }
}

private protocol Series: AnyObject, Sendable {
    var kind: String { get }
    func text(_ label: String, _ dimensions: [(String, String)]) -> String
}

private final class CountedSeries: Series, CounterHandler {
    private let count = Atomic<Int64>(0)
    let kind = "counter"

    func increment(by amount: Int64) { count.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { count.store(0, ordering: .relaxed) }

    func text(_ label: String, _ dimensions: [(String, String)]) -> String {
        MetricsRegistry.line(label, dimensions, String(count.load(ordering: .relaxed)))
    }
}

private final class GaugeSeries: Series, RecorderHandler {
    private let value = Mutex(0.0)
    let kind = "gauge"

    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) { self.value.withLock { $0 = value } }

    func text(_ label: String, _ dimensions: [(String, String)]) -> String {
        MetricsRegistry.line(label, dimensions, "\(value.withLock { $0 })")
    }
}

/// Seconds, in fixed classes.
private final class HistogramSeries: Series, RecorderHandler, TimerHandler {
    private struct Counts {
        var classes = [Int64](repeating: 0, count: HistogramSeries.bounds.count + 1)
        var sum = 0.0
    }

    private let counts = Mutex(Counts())
    let kind = "histogram"
    private static let bounds = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
    ]

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        let index = HistogramSeries.bounds.firstIndex { value <= $0 } ?? HistogramSeries.bounds.count
        counts.withLock { counts in
            counts.classes[index] += 1
            counts.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    func text(_ label: String, _ dimensions: [(String, String)]) -> String {
        let counts = counts.withLock { $0 }
        var total: Int64 = 0
        var text = ""
        for (index, count) in counts.classes.enumerated() {
            total += count
            let bound = index < HistogramSeries.bounds.count ? "\(HistogramSeries.bounds[index])" : "+Inf"
            text += MetricsRegistry.line(label + "_bucket", dimensions + [("le", bound)], String(total))
        }
        text += MetricsRegistry.line(label + "_sum", dimensions, "\(counts.sum)")
        return text + MetricsRegistry.line(label + "_count", dimensions, String(total))
    }
}
