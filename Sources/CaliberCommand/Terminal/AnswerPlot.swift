import CaliberCore
import CaliberDictionary
import CaliberQuery

/// An answer as a small picture: a line of blocks for each series over time, or bars where there is no time.
struct AnswerPlot {
    private let answer: QueryAnswer
    private let metricColumn: Int
    private let timeColumn: Int?
    private let seriesColumns: [Int]
    private let isAdditive: Bool

    static let sparklineWidth = 62
    static let barWidth = 40
    static let seriesShown = 24

    /// Draws the first metric.
    ///
    /// - Parameter isAdditive: whether figures of periods and series may be added up.
    /// - Throws: `Diagnostic` when it is no figure that can be drawn.
    init(_ answer: QueryAnswer, isAdditive: Bool) throws {
        self.answer = answer
        self.isAdditive = isAdditive
        guard let metric = answer.fields.firstIndex(where: \.isMetric) else {
            throw Diagnostic("nothing-to-plot", "The answer has no metric to draw.", remedy: "Name one with --metrics.")
        }
        metricColumn = metric
        timeColumn = answer.fields.firstIndex { !$0.isMetric && $0.grain != nil }
        let time = timeColumn
        seriesColumns = answer.fields.indices.filter { !answer.fields[$0].isMetric && $0 != time }
    }

    var text: String {
        guard !answer.rows.isEmpty else { return "" }
        return timeColumn == nil ? bars : lines
    }

    // MARK: Over time

    private var lines: String {
        guard let timeColumn else { return bars }
        var periods: [String] = []
        var positions: [String: Int] = [:]
        for row in answer.rows {
            let period = label(row[timeColumn], timeColumn)
            if positions[period] == nil {
                positions[period] = periods.count
                periods.append(period)
            }
        }
        var series: [(name: String, values: [Double?], total: AnswerValue)] = []
        var indices: [String: Int] = [:]
        for row in answer.rows {
            let name = seriesName(row)
            let index = indices[name] ?? series.count
            if index == series.count {
                indices[name] = index
                series.append((name, Array(repeating: nil, count: periods.count), .null))
            }
            let position = positions[label(row[timeColumn], timeColumn)] ?? 0
            series[index].values[position] = number(row[metricColumn])
            series[index].total = sum(series[index].total, row[metricColumn])
        }
        series.sort { (number($1.total) ?? 0, $0.name) < (number($0.total) ?? 0, $1.name) }
        return heading(periods) + "\n" + draw(series)
    }

    private func draw(_ series: [(name: String, values: [Double?], total: AnswerValue)]) -> String {
        let shown = series.prefix(AnswerPlot.seriesShown)
        var rows = shown.map { one in
            let values = Sparkline.condense(one.values, to: AnswerPlot.sparklineWidth)
            return [one.name, Sparkline.draw(values, largest: values.compactMap { $0 }.max() ?? 0), total(one.total)]
        }
        if series.count > 1, isAdditive {
            let count = series[0].values.count
            let sums = (0..<count).map { position in
                let present = series.compactMap { $0.values[position] }
                return present.isEmpty ? nil : present.reduce(0, +)
            }
            let values = Sparkline.condense(sums, to: AnswerPlot.sparklineWidth)
            let whole = series.reduce(AnswerValue.null) { sum($0, $1.total) }
            rows.append(["all", Sparkline.draw(values, largest: values.compactMap { $0 }.max() ?? 0), total(whole)])
        }
        let width = rows.map { $0[2].count }.max() ?? 0
        rows = rows.map { [$0[0], $0[1], TextColumns.padStart($0[2], to: width)] }
        var text = TextColumns.align(rows)
        if series.count > shown.count { text += "\n  … and \(series.count - shown.count) more" }
        return text
    }

    private func heading(_ periods: [String]) -> String {
        let field = answer.fields[metricColumn]
        let unit = field.unit.map { ", \($0)" } ?? ""
        let grain =
            timeColumn.flatMap {
                answer.fields[$0].calendarGrain?.name ?? answer.fields[$0].grain?.rawValue
            } ?? "period"
        // Days in no season come last, and end no time.
        let periods = periods.filter { !$0.hasPrefix("(no ") }
        let note = isAdditive ? "" : "; no totals: the figure does not add up over time"
        return "\(field.name) by \(grain), \(periods.first ?? "") … \(periods.last ?? "")\(unit)\(note)"
    }

    private func total(_ value: AnswerValue) -> String {
        guard isAdditive, value != .null else { return "" }
        return Output.grouped(decimal: answer.text(of: value, in: answer.fields[metricColumn]) ?? "")
    }

    // MARK: Without time

    private var bars: String {
        let largest = answer.rows.compactMap { number($0[metricColumn]) }.max() ?? 0
        let field = answer.fields[metricColumn]
        let rows = answer.rows.prefix(AnswerPlot.seriesShown).map { row in
            let value = number(row[metricColumn]) ?? 0
            let length = largest > 0 && value > 0 ? Int((value / largest * Double(AnswerPlot.barWidth)).rounded()) : 0
            let text = Output.grouped(decimal: answer.text(of: row[metricColumn], in: field) ?? "–")
            return [seriesName(row), String(repeating: "█", count: length) + " " + text]
        }
        return field.name + (field.unit.map { ", \($0)" } ?? "") + "\n" + TextColumns.align(Array(rows))
    }

    // MARK: Values

    private func seriesName(_ row: [AnswerValue]) -> String {
        let names = seriesColumns.map { label(row[$0], $0) }
        return names.isEmpty ? answer.fields[metricColumn].name : names.joined(separator: " · ")
    }

    private func label(_ value: AnswerValue, _ column: Int) -> String {
        answer.text(of: value, in: answer.fields[column]) ?? "(no \(answer.fields[column].name))"
    }

    private func number(_ value: AnswerValue) -> Double? {
        switch value {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        default: nil
        }
    }

    private func sum(_ left: AnswerValue, _ right: AnswerValue) -> AnswerValue {
        switch (left, right) {
        case (.integer(let first), .integer(let second)): .integer(first + second)
        case (.null, _): right
        default: left
        }
    }
}
