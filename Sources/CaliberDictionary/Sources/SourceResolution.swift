import CaliberCore

/// Sources from their YAML.
struct SourceResolution {
    let contracts: [String: ContractDefinition]
    let log: ProblemLog
    private(set) var sources: [SourceDefinition] = []
    private var names = NameRegister(of: "a source")

    init(_ values: [YAMLValue], contracts: [ContractDefinition], _ log: ProblemLog) {
        self.contracts = Dictionary(contracts.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.log = log
        for value in values { resolve(value) }
    }

    private mutating func resolve(_ value: YAMLValue) {
        guard let nameValue = value["name"], let name = nameValue.text,
            DefinitionNames.check(name, of: "a source", at: nameValue.textLocation, log),
            names.register(name, at: nameValue.location, log)
        else { return }
        let format = format(value["format"])
        var columns = SourceColumns()
        let eventValues = value["events"]?.list ?? []
        if eventValues.isEmpty, let events = value["events"], events.list != nil {
            log.report(.shape(.emptyList(what: "the list events of source \(quoted(name))", at: events.location)))
        }
        let events = eventValues.compactMap { event($0, &columns) }
        guard let format, events.count == eventValues.count else { return }
        sources.append(
            SourceDefinition(
                name: name, description: value["description"]?.text, format: format, columns: columns.columns,
                events: events, location: value.location))
    }

    private func format(_ value: YAMLValue?) -> SourceDefinition.Format? {
        guard let value else { return SourceDefinition.Format() }
        var delimiter: Character = ","
        if let delimiterValue = value["delimiter"], let text = delimiterValue.text {
            guard text.count == 1, let character = text.first, character.isASCII, !"\"\n\r".contains(character) else {
                log.report(.source(.badDelimiter(text: text, at: delimiterValue.textLocation)))
                return nil
            }
            delimiter = character
        }
        let nulls = value["nulls"]?.list?.map { $0.rawText } ?? []
        return SourceDefinition.Format(delimiter: delimiter, nulls: nulls, trims: value["trim"]?.boolean ?? false)
    }

    private func event(_ value: YAMLValue, _ columns: inout SourceColumns) -> SourceEvent? {
        let id = value["id"].flatMap { template($0, isBareColumn: false, &columns) }
        let time =
            value["time"].map { template($0, isBareColumn: false, &columns) } ?? TextTemplate(parts: [])
        let condition = value["when"].flatMap { self.condition($0, &columns) }
        let zone = value["time_zone"].flatMap { zone in
            zone.text.flatMap { LogicalTypeReading.zone($0, at: zone.textLocation, log) }
        }
        guard let contractValue = value["contract"], let name = contractValue.text else { return nil }
        guard let contract = contracts[name] else {
            log.report(
                .name(
                    .unknown(
                        .contract, name: name, within: nil,
                        suggestions: NameSuggestion.nearest(to: name, among: contracts.keys),
                        at: contractValue.textLocation)))
            return nil
        }
        let data = data(value["data"], of: contract, at: value.location, &columns)
        // What was written down but could not be read was reported, and is not the same as not written.
        guard let id, let time, let data, condition != nil || value["when"] == nil,
            zone != nil || value["time_zone"] == nil
        else { return nil }
        return SourceEvent(
            contract: name, id: id, time: time, timeZone: zone, condition: condition, data: data,
            location: value.location)
    }

    private func condition(_ value: YAMLValue, _ columns: inout SourceColumns) -> SourceEvent.Condition? {
        if let column = value.text {
            columns.use(column)
            return SourceEvent.Condition(column: column, values: nil)
        }
        guard let entries = value.entries else { return nil }
        guard entries.count == 1, let entry = entries.first else {
            log.report(.source(.conditionNotOneColumn(count: entries.count, at: value.location)))
            return nil
        }
        columns.use(entry.key)
        return SourceEvent.Condition(column: entry.key, values: entry.value.list?.map(\.rawText) ?? [])
    }

    // MARK: Data

    /// - Returns: nil after a fault was reported.
    private func data(
        _ value: YAMLValue?, of contract: ContractDefinition, at location: SourceLocation,
        _ columns: inout SourceColumns
    ) -> [SourceEvent.FieldMapping]? {
        guard let value else { return likeNamed(contract, &columns) }
        guard let entries = value.entries else { return nil }
        var mappings: [String: SourceEvent.FieldMapping] = [:]
        var isComplete = true
        for entry in entries {
            guard contract.fieldIndex(named: entry.key) != nil else {
                isComplete = false
                log.report(
                    .name(
                        .unknown(
                            .field, name: entry.key, within: "contract \(quoted(contract.name))",
                            suggestions: NameSuggestion.nearest(to: entry.key, among: contract.fields.map(\.name)),
                            at: entry.keyLocation)))
                continue
            }
            guard let mapping = mapping(entry, &columns) else {
                isComplete = false
                continue
            }
            mappings[entry.key] = mapping
        }
        for field in contract.fields where field.required && !entries.contains(where: { $0.key == field.name }) {
            isComplete = false
            log.report(
                .source(.requiredFieldUnmapped(field: field.name, contract: contract.name, at: value.location)))
        }
        return isComplete ? contract.fields.compactMap { mappings[$0.name] } : nil
    }

    /// Every field from the column of its name. Which of the optional ones a file has is known when it is opened.
    private func likeNamed(
        _ contract: ContractDefinition, _ columns: inout SourceColumns
    ) -> [SourceEvent.FieldMapping] {
        contract.fields.map { field in
            let index = columns.use(field.name, isRequired: field.required)
            return SourceEvent.FieldMapping(field: field.name, value: TextTemplate(parts: [.column(index)]))
        }
    }

    private func mapping(_ entry: YAMLValue.Entry, _ columns: inout SourceColumns) -> SourceEvent.FieldMapping? {
        let value = entry.value
        guard value.entries != nil else {
            return template(value, isBareColumn: true, &columns).map {
                SourceEvent.FieldMapping(field: entry.key, value: $0)
            }
        }
        if let constant = value["value"] {
            guard value["from"] == nil, value["map"] == nil else {
                log.report(.source(.mappingAmbiguous(field: entry.key, at: value.location)))
                return nil
            }
            let parts: [TextTemplate.Part] = constant.isNull ? [] : [.literal(constant.rawText)]
            return SourceEvent.FieldMapping(field: entry.key, value: TextTemplate(parts: parts))
        }
        guard let from = value["from"] else {
            log.report(.source(.mappingEmpty(field: entry.key, at: value.location)))
            return nil
        }
        let map = Dictionary(
            (value["map"]?.entries ?? []).map { ($0.key, $0.value.isNull ? "" : $0.value.rawText) },
            uniquingKeysWith: { first, _ in first })
        return template(from, isBareColumn: true, &columns).map {
            SourceEvent.FieldMapping(field: entry.key, value: $0, map: map)
        }
    }

    /// - Parameter isBareColumn: whether a text without braces is a column's name, or stands for itself.
    private func template(
        _ value: YAMLValue, isBareColumn: Bool, _ columns: inout SourceColumns
    ) -> TextTemplate? {
        guard let text = value.text else { return nil }
        if isBareColumn, !text.contains("{"), !text.contains("}") {
            return TextTemplate(parts: [.column(columns.use(text))])
        }
        do throws(TemplateFault) {
            return TextTemplate(parts: try TemplateText.parts(text, &columns))
        } catch {
            log.report(.source(.badTemplate(text: text, reason: error.rawValue, at: value.textLocation)))
            return nil
        }
    }
}

/// The columns that a source's templates name, in the order of first use.
struct SourceColumns {
    private(set) var columns: [SourceColumn] = []
    private var positions: [String: Int] = [:]

    @discardableResult
    mutating func use(_ name: String, isRequired: Bool = true) -> Int {
        if let position = positions[name] {
            if isRequired { columns[position] = SourceColumn(name: name) }
            return position
        }
        positions[name] = columns.count
        columns.append(SourceColumn(name: name, isRequired: isRequired))
        return columns.count - 1
    }
}

enum TemplateFault: String, Error {
    case unclosed = "a brace is not closed"
    case unopened = "a closing brace has no opening one"
    case noName = "braces name no column"
}

enum TemplateText {
    static func parts(_ text: String, _ columns: inout SourceColumns) throws(TemplateFault) -> [TextTemplate.Part] {
        var parts: [TextTemplate.Part] = []
        var literal = ""
        var rest = Substring(text)
        while let first = rest.popFirst() {
            if first == "{", rest.first != "{" {
                guard let end = rest.firstIndex(of: "}") else { throw .unclosed }
                let name = String(rest[..<end])
                guard !name.isEmpty else { throw .noName }
                if !literal.isEmpty { parts.append(.literal(literal)) }
                literal = ""
                parts.append(.column(columns.use(name)))
                rest = rest[rest.index(after: end)...]
            } else if first == "}", rest.first != "}" {
                throw .unopened
            } else {
                literal.append(first)
                // A doubled brace stands for one.
                if first == "{" || first == "}" { rest.removeFirst() }
            }
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        return parts
    }
}

extension YAMLValue {
    /// A scalar's text as written, also of `null` and numbers; empty for anything else.
    var rawText: String {
        guard case .scalar(let text, _) = content else { return "" }
        return text
    }
}
