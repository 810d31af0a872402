import CaliberCore

/// What time is cut by: the weeks, months, quarters and years that everybody has, or periods of a declared calendar.
public enum PeriodGrain: Hashable, Sendable {
    case common(TimeGrain)
    case custom(CalendarGrain)

    public static let week = PeriodGrain.common(.week)
    public static let month = PeriodGrain.common(.month)
    public static let quarter = PeriodGrain.common(.quarter)
    public static let year = PeriodGrain.common(.year)

    /// `month`, `fiscal_week`.
    public var name: String {
        switch self {
        case .common(let grain): grain.rawValue
        case .custom(let grain): grain.name
        }
    }

    public var custom: CalendarGrain? {
        if case .custom(let grain) = self { grain } else { nil }
    }

    public var common: TimeGrain? {
        if case .common(let grain) = self { grain } else { nil }
    }

    /// The first day of the period that holds a day; nil where none does.
    public func start(of day: CivilDate) -> CivilDate? {
        switch self {
        case .common(let grain): grain.start(of: day)
        case .custom(let grain): grain.period(holding: day)?.first
        }
    }

    /// What a metric's meaning says: for periods of a calendar, of which version of it.
    var canonicalText: String {
        switch self {
        case .common(let grain): grain.rawValue
        case .custom(let grain): "\(grain.name) of calendar \(grain.calendar.name)@\(grain.calendar.version)"
        }
    }
}
