import CaliberCore

/// How days are put beside those of an earlier period of a calendar: piece by piece.
///
/// A piece is a period of the grain that an answer shows, where that is a part of the longer one, else the calendar's
/// finest. The third week of a fiscal period is beside the third week of the period before, a fiscal month beside the
/// whole month of the same number, a season beside the season of that name; the days of a 53rd week are beside nothing.
extension CalendarGrain {
    /// The pieces of this grain's periods.
    ///
    /// - Parameter shown: what an answer is cut by; nil for days or nothing.
    public func pieces(shownBy shown: CalendarGrain?) -> CalendarGrain {
        guard let shown, shown.calendar.name == calendar.name, shown.rank <= rank else {
            return CalendarGrain(calendar: calendar, unit: calendar.finestUnit)
        }
        return shown
    }

    private var rank: Int { PeriodCalendar.Unit.allCases.firstIndex(of: unit) ?? 0 }

    /// Which period of this grain a piece belongs to, as a number that neighbours follow one another by, and which of
    /// its pieces it is. Seasons go by their years: the pieces of a year are its seasons.
    public func position(of piece: CalendarPeriod, in pieces: CalendarGrain) -> (group: Int, place: Int)? {
        if unit == .season { return (piece.year, piece.place) }
        guard let own = index(holding: piece.first), let place = pieces.index(holding: piece.first),
            let start = pieces.index(holding: periods[own].first)
        else { return nil }
        return (own, place - start)
    }

    private func piece(group: Int, place: Int, in pieces: CalendarGrain) -> CalendarPeriod? {
        if unit == .season { return periods.first { $0.year == group && $0.place == place } }
        guard periods.indices.contains(group), let start = pieces.index(holding: periods[group].first) else {
            return nil
        }
        let position = start + place
        guard position < pieces.periods.count, pieces.periods[position].first < periods[group].past else { return nil }
        return pieces.periods[position]
    }

    /// Where a stretch that begins on a day begins so many periods earlier; nil where nothing is beside it.
    public func start(_ day: CivilDate, earlierBy count: Int, shownBy shown: CalendarGrain?) -> CivilDate? {
        guard let (piece, other) = counterparts(of: day, count, shown) else { return nil }
        return other.day(piece.dayNumber(of: day))
    }

    /// Where a stretch that ends before a day ends so many periods earlier: where a piece ends, its counterpart's end.
    public func end(_ past: CivilDate, earlierBy count: Int, shownBy shown: CalendarGrain?) -> CivilDate? {
        let last = CivilDate(dayNumber: past.dayNumber - 1)
        guard let (piece, other) = counterparts(of: last, count, shown) else { return nil }
        return past == piece.past ? other.past : other.day(piece.dayNumber(of: past))
    }

    private func counterparts(
        of day: CivilDate, _ count: Int, _ shown: CalendarGrain?
    ) -> (CalendarPeriod, CalendarPeriod)? {
        let pieces = pieces(shownBy: shown)
        guard let piece = pieces.period(holding: day), let (group, place) = position(of: piece, in: pieces),
            let other = self.piece(group: group - count, place: place, in: pieces)
        else { return nil }
        return (piece, other)
    }
}

extension CalendarPeriod {
    fileprivate func dayNumber(of day: CivilDate) -> Int32 { day.dayNumber - first.dayNumber }

    /// The day of a number from 0; past the last where it is shorter.
    fileprivate func day(_ number: Int32) -> CivilDate {
        CivilDate(dayNumber: min(first.dayNumber + number, past.dayNumber))
    }
}
