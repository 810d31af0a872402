/// What a function takes.
struct FunctionSignature {
    enum Parameter {
        case timestamp, calendar, duration, string, set
        /// What has a size without regard to its sign.
        case quantity
        /// What can be cut to a whole number or to whole minor units.
        case fraction
        /// What has a least and a greatest; all arguments are brought to one type.
        case ordered
    }

    let parameters: [Parameter]
    /// Whether the last parameter may repeat.
    var isVariadic = false
    /// For messages: `has(set, text)`.
    let usage: String

    func accepts(count: Int) -> Bool {
        isVariadic ? count >= parameters.count : count == parameters.count
    }

    /// The kind of an argument; past the last parameter, the last repeats.
    func parameter(at position: Int) -> Parameter {
        parameters[min(position, parameters.count - 1)]
    }

    var countPhrase: String {
        let count = parameters.count == 1 ? "1 argument" : "\(parameters.count) arguments"
        return isVariadic ? "at least \(count)" : count
    }
}

extension FunctionSignature.Parameter {
    func accepts(_ type: LogicalType) -> Bool {
        switch self {
        case .timestamp: type == .timestamp
        case .calendar: type == .timestamp || type == .date
        case .duration: type == .duration
        case .string: type.isString
        case .set: type == .set
        case .quantity: type.isNumeric
        case .fraction: type.isNumeric && type != .duration
        case .ordered: type.isNumeric || type == .timestamp || type == .date
        }
    }

    /// What a null argument is taken for.
    var nullType: LogicalType {
        switch self {
        case .timestamp, .calendar: .timestamp
        case .duration: .duration
        case .string: .text
        case .set: .set
        case .quantity, .fraction, .ordered: .number
        }
    }

    /// For messages.
    var phrase: String {
        switch self {
        case .timestamp: "a timestamp"
        case .calendar: "a timestamp or a date"
        case .duration: "a duration"
        case .string: "text"
        case .set: "a set"
        case .quantity: "a number, an amount or a duration"
        case .fraction: "a number or an amount"
        case .ordered: "a number, an amount, a duration, a date or a timestamp"
        }
    }
}

extension Function {
    var signature: FunctionSignature {
        switch self {
        case .year, .quarter, .month, .week, .day, .weekday:
            FunctionSignature(parameters: [.calendar], usage: "\(rawValue)(timestamp)")
        case .hour, .date: FunctionSignature(parameters: [.timestamp], usage: "\(rawValue)(timestamp)")
        case .seconds, .minutes, .hours, .days:
            FunctionSignature(parameters: [.duration], usage: "\(rawValue)(duration)")
        case .startsWith, .endsWith, .contains:
            FunctionSignature(parameters: [.string, .string], usage: "\(rawValue)(text, 'x')")
        case .length, .lower, .upper: FunctionSignature(parameters: [.string], usage: "\(rawValue)(text)")
        case .abs: FunctionSignature(parameters: [.quantity], usage: "abs(number)")
        case .floor, .ceil, .round: FunctionSignature(parameters: [.fraction], usage: "\(rawValue)(number)")
        case .least, .greatest:
            FunctionSignature(parameters: [.ordered, .ordered], isVariadic: true, usage: "\(rawValue)(a, b, …)")
        case .has: FunctionSignature(parameters: [.set, .string], usage: "has(set, 'x')")
        case .size: FunctionSignature(parameters: [.set], usage: "size(set)")
        }
    }

    /// The type of the result for arguments that the signature accepts.
    func resultType(of arguments: [LogicalType]) -> LogicalType {
        let first = arguments.first ?? .number
        switch self {
        case .year, .quarter, .month, .week, .day, .hour, .weekday, .length, .size: return .integer
        case .date: return .date
        case .seconds, .minutes, .hours, .days: return .number
        case .startsWith, .endsWith, .contains, .has: return .boolean
        case .lower, .upper, .abs, .least, .greatest: return first
        case .floor, .ceil, .round:
            // A quotient of money is cut to whole minor units: an amount again.
            if case .moneyRate(let currency) = first { return .money(currency) }
            return first == .number ? .integer : first
        }
    }
}
