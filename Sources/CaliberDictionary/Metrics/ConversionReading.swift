import CaliberCore

extension MetricInputReading {
    func conversion() -> (MetricDefinition.Content, LogicalType, tables: [String])? {
        guard let baseValue = node.value["base_metric"], let conversionValue = node.value["conversion_metric"],
            let entityValue = node.value["entity"]
        else { return nil }
        // Both are read before either is given up on, so that all of their faults are told.
        let base = input(baseValue, defaultAlias: "base")
        let conversion = input(conversionValue, defaultAlias: "conversion")
        for value in [baseValue, conversionValue] {
            guard let alias = value["alias"], let text = alias.text else { continue }
            log.report(.metric(.unusedAlias(alias: text, at: alias.location)))
        }
        guard let base, let conversion,
            let baseTable = countedTable(base, [.count, .countDistinct], at: baseValue),
            let conversionTable = countedTable(conversion, [.count], at: conversionValue)
        else { return nil }
        let entity = self.entity(entityValue, baseTable, conversionTable)
        let properties = constantProperties(baseTable, conversionTable)
        guard let entity, let properties else { return nil }
        var window: Int64?
        if let windowValue = node.value["window"] {
            guard let text = windowValue.text else { return nil }
            guard let length = DurationText.parse(text) else {
                log.report(.shape(.badDuration(text: text, at: windowValue.location)))
                return nil
            }
            guard length > 0 else {
                log.report(.relation(.emptyWindow(at: windowValue.location)))
                return nil
            }
            window = length
        }
        let calculation =
            node.value["calculation"].map { ConversionMetric.Calculation(rawValue: $0.text ?? "") } ?? .conversionRate
        let countOnce = node.value["count_once"].map { ConversionMetric.CountOnce(rawValue: $0.text ?? "") } ?? .base
        guard let calculation, let countOnce else { return nil }
        if countOnce == .none, case .simple(let simple) = base.definition.content, simple.aggregation != .count {
            log.report(
                .relation(
                    .countedDistinct(
                        metric: base.definition.name,
                        at: node.value["count_once"]?.location ?? node.value.location)))
            return nil
        }
        let metric = ConversionMetric(
            base: base.input, conversion: conversion.input, entity: entity, constantProperties: properties,
            windowMicroseconds: window, calculation: calculation, countOnce: countOnce)
        return (.conversion(metric), calculation == .conversions ? .integer : .number, [baseTable.name])
    }

    /// The table of a simple metric that counts rows at a time; anything else is reported.
    private func countedTable(
        _ input: Resolved, _ aggregations: [Aggregation], at value: YAMLValue
    ) -> TableDefinition? {
        let definition = input.definition
        guard case .simple(let simple) = definition.content, aggregations.contains(simple.aggregation),
            simple.nonAdditive == nil
        else {
            log.report(
                .relation(
                    .notACount(
                        metric: definition.name, allowed: aggregations.map(\.canonicalText), at: value.location)))
            return nil
        }
        guard simple.anchor != nil else {
            log.report(.relation(.inputWithoutTime(metric: definition.name, table: simple.table, at: value.location)))
            return nil
        }
        return tables.tables[simple.table]
    }

    private func entity(
        _ value: YAMLValue, _ base: TableDefinition, _ conversion: TableDefinition
    ) -> [String]? {
        let values = value.list ?? [value]
        if values.isEmpty { log.report(.shape(.emptyList(what: "the list entity", at: value.location))) }
        var names: [String] = []
        var isComplete = !values.isEmpty
        for value in values {
            guard let name = value.text else { continue }
            guard isSame(name, of: base, name, of: conversion, value, value) else {
                isComplete = false
                continue
            }
            if !names.contains(name) { names.append(name) }
        }
        return isComplete ? names : nil
    }

    private func constantProperties(
        _ base: TableDefinition, _ conversion: TableDefinition
    ) -> [ConversionMetric.ConstantProperty]? {
        var properties: [ConversionMetric.ConstantProperty] = []
        for value in node.value["constant_properties"]?.list ?? [] {
            guard let baseValue = value["base_property"], let baseName = baseValue.text,
                let conversionValue = value["conversion_property"], let conversionName = conversionValue.text,
                isSame(baseName, of: base, conversionName, of: conversion, baseValue, conversionValue)
            else { return nil }
            properties.append(.init(baseColumn: baseName, conversionColumn: conversionName))
        }
        return properties
    }

    /// Whether both columns exist and can be equal; what is wrong is reported.
    private func isSame(
        _ baseName: String, of base: TableDefinition, _ conversionName: String, of conversion: TableDefinition,
        _ baseValue: YAMLValue, _ conversionValue: YAMLValue
    ) -> Bool {
        let reading = MetricReading(node: node, tables: tables, log: log)
        let left = reading.ownColumn(baseName, of: base, at: baseValue)
        // One name of one table is told once.
        if left == nil, base.name == conversion.name, baseName == conversionName { return false }
        let right = reading.ownColumn(conversionName, of: conversion, at: conversionValue)
        guard let left, let right else { return false }
        guard left.type == right.type || left.type.isString && right.type.isString else {
            log.report(
                .relation(
                    .typesDiffer(
                        base: "\(base.name).\(baseName)", baseType: left.type.name,
                        conversion: "\(conversion.name).\(conversionName)", conversionType: right.type.name,
                        at: conversionValue.textLocation)))
            return false
        }
        return true
    }
}
