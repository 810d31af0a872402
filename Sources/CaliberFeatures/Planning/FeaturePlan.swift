import CaliberColumns
import CaliberCore
import CaliberDictionary

/// A feature set made ready to be computed: what of each event and row is kept, and what each feature reads.
package struct FeaturePlan: Sendable {
    package let definition: FeatureSetDefinition
    let rows: RowPlan
    /// Those whose events change a row, are facts, or moments; in the dictionary's order.
    let contracts: [ContractPlan]
    /// One for each fact of the set.
    let facts: [FactPlan]
    /// One for each entity of the set.
    let entities: [EntityPlan]
    /// Features that are expressions over the row, and rows' own values that deviations are taken of.
    let expressions: [OwnExpression]
    /// By entity, the row's slot whose strings are its keys.
    let entitySlots: [Int]
    /// By fact and entity, whether some feature reads the one's history of the other.
    private let concerns: [Bool]
    let closed: TypedExpression?
    let zone: BusinessZone
    /// The longest window, in microseconds. A row that is closed, and of which nothing was heard for longer, is forgotten:
    /// what comes of it then begins it anew.
    let horizon: Int64

    package var featureCount: Int { definition.features.count }

    /// - Precondition: the set is one of the dictionary's.
    package init(_ definition: FeatureSetDefinition, dictionary: MetricDictionary) {
        guard let table = dictionary.table(named: definition.table) else {
            preconditionFailure("feature set \(definition.name) is over table \(definition.table), which is not there")
        }
        self.definition = definition
        zone = dictionary.settings.timeZone
        closed = definition.closed
        expressions = FeaturePlan.expressions(of: definition)
        var rows = RowPlan(table)
        for column in FeaturePlan.columns(of: definition, expressions, table) {
            rows.add(column, dictionary: dictionary)
        }
        self.rows = rows
        entitySlots = definition.entities.map { rows.slot(of: $0.column) ?? 0 }
        let tracks = TrackPlanning(definition)
        facts = definition.facts.indices.map { tracks.fact($0) }
        horizon = tracks.horizon
        let slots = entitySlots
        entities = definition.entities.indices.map { tracks.entity($0, slot: slots[$0]) }
        let histories = entities
        concerns = definition.facts.indices.flatMap { fact in histories.map { $0.track(of: fact) != nil } }
        let known = rows
        contracts = dictionary.contracts.filter { table.contracts.contains($0.name) }.compactMap {
            ContractPlan($0, table: table, definition, known, entitySlots: Set(slots))
        }
    }

    /// Whether some feature reads what happened to an entity in that respect.
    @inline(__always)
    func concerns(_ fact: Int, _ entity: Int) -> Bool { concerns[fact * entitySlots.count + entity] }

    private static func expressions(of definition: FeatureSetDefinition) -> [OwnExpression] {
        definition.features.enumerated().compactMap { index, feature in
            switch feature.content {
            case .expression(let expression): OwnExpression(feature: index, expression: expression, isFeature: true)
            case .history(let history):
                history.own.map { OwnExpression(feature: index, expression: $0, isFeature: false) }
            }
        }
    }

    /// The stored columns that anything in the set reads.
    private static func columns(
        of definition: FeatureSetDefinition, _ expressions: [OwnExpression], _ table: TableDefinition
    ) -> [String] {
        var names = definition.entities.map(\.column)
        func add(_ expression: TypedExpression?, behind path: [String]) {
            for reference in expression?.references ?? [] where reference.path == path {
                if table.column(named: reference.name) != nil { names.append(reference.name) }
            }
        }
        for expression in expressions { add(expression.expression, behind: []) }
        add(definition.closed, behind: [])
        for moment in definition.moments { add(moment.condition, behind: [table.name]) }
        for fact in definition.facts {
            add(fact.condition, behind: [table.name])
            for value in fact.values { add(value.expression, behind: [table.name]) }
        }
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }
}

/// An expression over the row as of the moment of scoring.
struct OwnExpression: Sendable {
    let feature: Int
    let expression: TypedExpression
    /// false: the value is not itself the feature, which is taken of it and a history.
    let isFeature: Bool
}

/// What is done with the events of one contract.
struct ContractPlan: Sendable {
    let contract: ContractDefinition
    /// Which row an event belongs to.
    let key: [EventField]
    let folds: RowFolds
    /// Positions in the set.
    let facts: [Int]
    let moments: [Int]
    /// Whether an event can make an entity known that was not.
    let revealsEntities: Bool

    /// Whether rows as of these events are looked at.
    var isObserved: Bool { !facts.isEmpty || !moments.isEmpty || revealsEntities }

    /// - Returns: nil where events of the contract do not matter to the set.
    init?(
        _ contract: ContractDefinition, table: TableDefinition, _ definition: FeatureSetDefinition, _ rows: RowPlan,
        entitySlots: Set<Int>
    ) {
        let key = table.key.compactMap { EventField($0.field(in: contract.name), of: contract) }
        guard key.count == table.key.count else { return nil }
        self.contract = contract
        self.key = key
        folds = rows.folds[contract.name] ?? RowFolds()
        facts = definition.facts.indices.filter { definition.facts[$0].contract == contract.name }
        moments = definition.moments.indices.filter { definition.moments[$0].contract == contract.name }
        let slots = folds.orders.flatMap { $0.columns.map(\.slot) } + folds.aggregates.map(\.slot)
        revealsEntities = !entitySlots.isDisjoint(with: slots)
        guard isObserved || !folds.orders.isEmpty || !folds.aggregates.isEmpty else { return nil }
    }
}
