import CaliberCore
import CaliberDictionary
import Foundation

extension RowInterpreter {
    func call(_ function: Function, _ arguments: [TypedExpression], _ type: LogicalType) -> RowValue {
        let values = arguments.map(value)
        guard !values.contains(.null) else { return .null }
        switch (function, values[0]) {
        case (.least, _), (.greatest, _): return extreme(function, values, type)
        case (.abs, .integer(let number)): return number == .min ? .null : .integer(abs(number))
        case (.abs, .float(let number)): return .float(abs(number))
        case (_, .float(let number)): return rounded(function, number)
        case (_, .text(let text)): return textCall(function, text, values)
        case (.floor, .integer), (.ceil, .integer), (.round, .integer): return values[0]
        case (.seconds, .integer(let microseconds)): return .float(Double(microseconds) / 1e6)
        case (.minutes, .integer(let microseconds)): return .float(Double(microseconds) / 60e6)
        case (.hours, .integer(let microseconds)): return .float(Double(microseconds) / 3600e6)
        case (.days, .integer(let microseconds)): return .float(Double(microseconds) / 86_400e6)
        case (_, .integer(let moment)): return timePart(function, moment, arguments[0].type)
        default: return .null
        }
    }

    private func extreme(_ function: Function, _ values: [RowValue], _ type: LogicalType) -> RowValue {
        if type.storage == .float {
            let numbers = values.map { value -> Double in
                switch value {
                case .integer(let number): Double(number)
                case .float(let number): number
                default: .nan
                }
            }
            return .float((function == .least ? numbers.min() : numbers.max()) ?? .nan)
        }
        let numbers = values.compactMap { if case .integer(let number) = $0 { number } else { nil } }
        return .integer((function == .least ? numbers.min() : numbers.max()) ?? 0)
    }

    private func rounded(_ function: Function, _ number: Double) -> RowValue {
        let whole =
            switch function {
            case .floor: Foundation.floor(number)
            case .ceil: Foundation.ceil(number)
            default: Foundation.round(number)
            }
        return Int64(exactly: whole).map(RowValue.integer) ?? .null
    }

    private func textCall(_ function: Function, _ text: String, _ values: [RowValue]) -> RowValue {
        let bytes = Array(text.utf8)
        let other: [UInt8] =
            if values.count > 1, case .text(let second) = values[1] { Array(second.utf8) } else { [] }
        let members = text.isEmpty ? [] : text.split(separator: "\u{1F}", omittingEmptySubsequences: false)
        switch function {
        case .startsWith: return .boolean(bytes.starts(with: other))
        case .endsWith: return .boolean(bytes.reversed().starts(with: other.reversed()))
        case .contains:
            return .boolean((0...bytes.count).contains { bytes[$0...].starts(with: other) })
        case .length: return .integer(Int64(text.unicodeScalars.count))
        case .lower: return .text(text.lowercased())
        case .upper: return .text(text.uppercased())
        case .size: return .integer(Int64(members.count))
        case .has: return .boolean(members.contains { Array($0.utf8) == other })
        default: return .null
        }
    }

    private func timePart(_ function: Function, _ moment: Int64, _ type: LogicalType) -> RowValue {
        var day = moment
        var hour: Int64 = 0
        if type == .timestamp {
            let offset = Int64(zone.offsetSeconds(at: Timestamp(microseconds: moment))) * 1_000_000
            let (local, overflow) = moment.addingReportingOverflow(offset)
            guard !overflow else { return .null }
            let remainder = local % 86_400_000_000
            day = local / 86_400_000_000 - (remainder < 0 ? 1 : 0)
            hour = (remainder < 0 ? remainder + 86_400_000_000 : remainder) / 3_600_000_000
        }
        if function == .date { return .integer(day) }
        if function == .hour { return .integer(hour) }
        guard abs(day) <= 1_000_000_000 else { return .null }
        let date = CivilDate(dayNumber: Int32(day))
        switch function {
        case .year: return .integer(Int64(date.components.year))
        case .quarter: return .integer(Int64((date.components.month + 2) / 3))
        case .month: return .integer(Int64(date.components.month))
        case .day: return .integer(Int64(date.components.day))
        case .week: return .integer(Int64(date.isoWeek.week))
        case .weekday: return .integer(Int64(date.isoWeekday))
        default: return .null
        }
    }
}
