import CaliberDictionary

/// What one instruction of a vector program does to whole chunks of rows.
///
/// A register holds a chunk of values with a validity byte beside each. Values are eight-byte lanes (integers, floats,
/// string codes) or one-byte masks. A mask's value is 0 wherever its validity is 0, so that a mask can be taken for the
/// rows where it is known to be true; null lanes hold anything.
enum VectorOperation: Hashable {
    // Sources.
    case input(Int)
    case inputMask(Int)
    case constantLane(Int64)
    /// A text in the run's own pool.
    case constantText(String)
    case constantMask(Bool)
    /// Null in every row, as lanes or as a mask.
    case constantNull

    // Whole numbers; what overflows is null.
    case integerAdd, integerSubtract, integerMultiply, integerRemainder, integerNegate, integerAbs
    case integerLeast, integerGreatest
    // Floats; what is not finite is null.
    case floatAdd, floatSubtract, floatMultiply, floatDivide, floatNegate, floatAbs
    case floatLeast, floatGreatest
    case floatFromInteger
    case integerFromFloat(Rounding)

    // Time.
    /// UTC microseconds to the microseconds of the zone's clock.
    case localTime
    /// The day that microseconds fall on, and its parts.
    case dayOfMicroseconds
    case hourOfMicroseconds
    case calendarPart(CalendarPart)
    /// Microseconds between two days.
    case dayDifference
    /// A day moved by microseconds that are whole days; else null.
    case dayShift(isBackwards: Bool)

    // Masks.
    case not, and, or, isNull
    case integerCompare(LaneComparison)
    case floatCompare(LaneComparison)
    case maskCompare(isEqual: Bool)
    /// Whether a lane is one of a few values.
    case integerIsMember([Int64])

    // Choices: condition, value, otherwise.
    case selectLane, selectMask
    // The first that is not null.
    case firstLane, firstMask

    // Strings; the pools say what the codes of each source mean.
    case textTest(TextTest, StringOrigin)
    case textCompare(TextRelation, StringOrigin, StringOrigin)
    case textMeasure(TextMeasure, StringOrigin)
    case textMap(TextMap, StringOrigin)

    enum Rounding: Hashable { case floor, ceil, nearest }
    enum CalendarPart: Hashable { case year, quarter, month, week, day, weekday }
    enum LaneComparison: Hashable { case equal, notEqual, less, lessOrEqual }

    /// Whether the instruction is the same in every chunk.
    var isConstant: Bool {
        switch self {
        case .constantLane, .constantText, .constantMask, .constantNull: true
        default: false
        }
    }
}

/// Which pool a register's string codes belong to.
enum StringOrigin: Hashable {
    case input(Int)
    /// The run's own: constants and made strings.
    case run
}

/// A question to one string.
enum TextTest: Hashable {
    case compare(TextRelation, String)
    case isMember([String])
}

/// A question to two strings.
enum TextRelation: Hashable {
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    case startsWith, endsWith, contains
    /// Whether a set has a member.
    case has
}

/// A number for a string.
enum TextMeasure: Hashable {
    /// Unicode scalars.
    case length
    /// Members of a set.
    case size
}

/// A string for a string.
enum TextMap: Hashable {
    /// The same, in the run's pool.
    case same
    case lower, upper
}
