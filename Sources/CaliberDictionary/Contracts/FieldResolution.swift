import CaliberCore

/// One field of a contract from its YAML.
struct FieldResolution {
    let settings: DictionarySettings
    let log: ProblemLog

    /// - Returns: nil when the type can't be read; other faults are reported and the field is given without them.
    func resolve(_ entry: YAMLValue.Entry) -> FieldDefinition? {
        let value = entry.value
        guard value.entries != nil,
            let type = LogicalTypeReading(settings: settings, log: log).type(value["type"], currency: value["currency"])
        else { return nil }
        checkFit(value, type, name: entry.key)
        let bounds = bounds(value, type)
        return FieldDefinition(
            name: entry.key, type: type, required: value["required"]?.boolean ?? false,
            currencyField: value["currency_field"]?.text, timeZone: zone(value["time_zone"]),
            pattern: pattern(value["pattern"]), allowed: value["allowed"]?.list?.compactMap(\.text),
            minimum: bounds.minimum, maximum: bounds.maximum, lengths: lengths(value["length"]),
            description: value["description"]?.text, location: entry.keyLocation)
    }

    /// Reports keys that say nothing about a field of this type.
    private func checkFit(_ value: YAMLValue, _ type: LogicalType, name: String) {
        let isMoney = type.currency != nil
        let fits: [(key: String, fits: Bool, reason: String)] = [
            ("currency", isMoney, "only money has a currency"),
            ("currency_field", isMoney, "only money has a currency"),
            ("time_zone", type == .timestamp, "only timestamps have a time zone"),
            ("pattern", type.isString, "only texts match patterns"),
            ("length", type.isString, "only texts have a length"),
            ("allowed", type.isString || type == .set, "only texts and sets have allowed values"),
            ("minimum", isBounded(type), "its values have no order"),
            ("maximum", isBounded(type), "its values have no order"),
        ]
        for rule in fits where !rule.fits {
            guard let key = value.entries?.first(where: { $0.key == rule.key }) else { continue }
            log.report(
                .shape(
                    .keyDoesNotFit(
                        key: rule.key, of: "field \(quoted(name)) of type \(type.name)", reason: rule.reason,
                        at: key.keyLocation)))
        }
        if let allowed = value["allowed"], allowed.list?.isEmpty == true {
            log.report(.shape(.emptyList(what: "the list allowed of field \(quoted(name))", at: allowed.location)))
        }
    }

    /// Floats are left out: bounds are whole numbers of the type's own unit.
    private func isBounded(_ type: LogicalType) -> Bool {
        switch type {
        case .integer, .money, .timestamp, .date, .duration: true
        default: false
        }
    }

    private func bounds(_ value: YAMLValue, _ type: LogicalType) -> (minimum: Int64?, maximum: Int64?) {
        guard isBounded(type) else { return (nil, nil) }
        let minimum = bound(value["minimum"], type)
        let maximum = bound(value["maximum"], type)
        if let minimum, let maximum, minimum > maximum {
            log.report(
                .type(
                    .boundsCrossed(
                        minimum: value["minimum"]?.text ?? "", maximum: value["maximum"]?.text ?? "",
                        at: value.location)))
        }
        return (minimum, maximum)
    }

    private func bound(_ value: YAMLValue?, _ type: LogicalType) -> Int64? {
        guard let value, let text = value.text else { return nil }
        if let bound = LiteralReading.value(text, of: type, zone: settings.timeZone) { return bound }
        log.report(.type(.badBound(text: text, type: type.name, at: value.textLocation)))
        return nil
    }

    private func zone(_ value: YAMLValue?) -> BusinessZone? {
        guard let value, let name = value.text else { return nil }
        return LogicalTypeReading.zone(name, at: value.textLocation, log)
    }

    private func pattern(_ value: YAMLValue?) -> String? {
        guard let value, let pattern = value.text else { return nil }
        do {
            _ = try Regex(pattern)
            return pattern
        } catch {
            log.report(.type(.badPattern(pattern: pattern, reason: "\(error)", at: value.textLocation)))
            return nil
        }
    }

    private func lengths(_ value: YAMLValue?) -> ClosedRange<Int>? {
        guard let value else { return nil }
        if let exact = value.wholeNumber { return exact >= 0 ? Int(exact)...Int(exact) : nil }
        let least = value["min"]?.wholeNumber ?? 0
        let most = value["max"]?.wholeNumber ?? Int64(DictionaryLimits.longestText)
        guard least >= 0, least <= most else {
            log.report(.type(.boundsCrossed(minimum: "\(least)", maximum: "\(most)", at: value.location)))
            return nil
        }
        return Int(least)...Int(most)
    }
}

/// Types as they are written down.
struct LogicalTypeReading {
    let settings: DictionarySettings
    let log: ProblemLog

    /// - Returns: nil when there is none or it is no type (reported by the key table already).
    func type(_ value: YAMLValue?, currency: YAMLValue?) -> LogicalType? {
        guard let name = value?.text else { return nil }
        switch name {
        case "boolean": return .boolean
        case "integer": return .integer
        case "number": return .number
        case "money": return self.currency(currency).map { .money($0) }
        case "timestamp": return .timestamp
        case "date": return .date
        case "duration": return .duration
        case "category": return .category
        case "identifier": return .identifier
        case "text": return .text
        case "set": return .set
        default: return nil
        }
    }

    private func currency(_ value: YAMLValue?) -> Currency? {
        guard let value, let code = value.text else { return settings.currency }
        return LogicalTypeReading.currency(code, at: value.textLocation, log)
    }

    /// Codes are written in capitals, as ISO 4217 has them.
    static func currency(_ code: String, at location: SourceLocation, _ log: ProblemLog) -> Currency? {
        if let currency = Currency(code: code), currency.code == code { return currency }
        let suggestions = NameSuggestion.nearest(to: code.uppercased(), among: Currency.knownCodes)
        log.report(.name(.unknownCurrency(code: code, suggestions: suggestions, at: location)))
        return nil
    }

    static func zone(_ name: String, at location: SourceLocation, _ log: ProblemLog) -> BusinessZone? {
        if let zone = ZoneCache.zone(name) { return zone }
        log.report(.name(.unknownTimeZone(name: name, at: location)))
        return nil
    }
}

/// Values of ordered types as people write them in YAML, in the type's own unit.
enum LiteralReading {
    static func value(_ text: String, of type: LogicalType, zone: BusinessZone) -> Int64? {
        switch type {
        case .integer: Int64(text)
        case .money(let currency): try? DecimalText.parse(text, scale: currency.minorDigits)
        case .timestamp: (try? TimestampText.parse(text, zone: zone))?.microseconds
        case .date: date(text)
        case .duration: DurationText.parse(text)
        default: nil
        }
    }

    private static func date(_ text: String) -> Int64? {
        var copy = text
        return copy.withUTF8 { bytes in (try? TimestampText.parseDate(bytes)).map { Int64($0.dayNumber) } }
    }
}
