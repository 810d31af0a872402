/// One value of an answer, in the form that all engines' jobs print: amounts in the smallest unit, days since 1970.
enum AnswerCell: Codable, Equatable, CustomStringConvertible {
    case null
    /// Counts and amounts here stay far below 2⁵³, so a double holds them exactly.
    case number(Double)
    case text(String)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        }
    }

    var description: String {
        switch self {
        case .null: "null"
        case .number(let number): "\(number)"
        case .text(let text): text
        }
    }

    /// Equal, or numbers that differ by less than a part in 10⁹: engines add quotients and interpolate in other orders.
    func isClose(to other: AnswerCell) -> Bool {
        guard case .number(let left) = self, case .number(let right) = other else { return self == other }
        return abs(left - right) <= 1e-9 * max(abs(left), abs(right))
    }
}
