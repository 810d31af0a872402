import CaliberCore
import CaliberDictionary

/// A table with all that its rows can see: own columns and, over declared joins, those of other tables.
struct TableScope {
    let table: TableDefinition
    let dictionary: MetricDictionary

    /// Joins in a row that are followed when names are listed and suggested.
    static let deepestPath = 3
    /// Derived columns of derived columns, and so on.
    static let deepestDerivation = 32
    /// The name by which a filter reads the moment a row counts at.
    static let metricTime = "metric_time"

    /// The table at the end of a path of joins; nil when one of them does not exist.
    func table(at path: [String]) -> TableDefinition? {
        var current = table
        for name in path {
            guard let join = current.joins.first(where: { $0.name == name }),
                let target = dictionary.table(named: join.table)
            else { return nil }
            current = target
        }
        return current
    }

    func type(of reference: ColumnReference) -> LogicalType? {
        table(at: reference.path)?.typeOfColumn(named: reference.name)
    }

    /// Every path of joins from here, the shortest first; none visits a table twice.
    var paths: [[String]] {
        var found: [[String]] = [[]]
        var frontier: [(path: [String], table: TableDefinition, visited: Set<String>)] = [([], table, [table.name])]
        for _ in 0..<TableScope.deepestPath {
            var next: [(path: [String], table: TableDefinition, visited: Set<String>)] = []
            for (path, current, visited) in frontier {
                for join in current.joins where !visited.contains(join.table) {
                    guard let target = dictionary.table(named: join.table) else { continue }
                    next.append((path + [join.name], target, visited.union([join.table])))
                }
            }
            found += next.map(\.path)
            frontier = next
        }
        return found
    }

    /// Every column that rows see, with its type.
    var columns: [(reference: ColumnReference, type: LogicalType, description: String?)] {
        paths.flatMap { path in
            (table(at: path)?.allColumns ?? []).map {
                (ColumnReference(path: path, name: $0.name), $0.type, $0.description)
            }
        }
    }

    /// Puts stored columns in the place of derived ones, and the anchor in the place of `metric_time`.
    func storedForm(of expression: TypedExpression, anchor: String?) throws(QueryProblem) -> TypedExpression {
        try storedForm(of: expression, at: [], anchor: anchor, depth: 0)
    }

    private func storedForm(
        of expression: TypedExpression, at path: [String], anchor: String?, depth: Int
    ) throws(QueryProblem) -> TypedExpression {
        guard depth <= TableScope.deepestDerivation else { throw .expressionTooLarge(table: table.name) }
        func stored(_ reference: ColumnReference) throws -> TypedExpression? {
            var reference = ColumnReference(path: path + reference.path, name: reference.name)
            if reference.path.isEmpty, reference.name == TableScope.metricTime, let anchor {
                reference = ColumnReference(name: anchor)
            }
            let owner = self.table(at: reference.path)
            if case .derived(let inner) = owner?.column(named: reference.name)?.content {
                return try storedForm(of: inner, at: reference.path, anchor: nil, depth: depth + 1)
            }
            guard let type = owner?.typeOfColumn(named: reference.name) else { return nil }
            return TypedExpression(.column(reference), type)
        }
        do {
            let stored = try expression.replacing(stored)
            guard !stored.isLarger(thanNodeCount: ExpressionCompiler.maximumNodeCount) else {
                throw QueryProblem.expressionTooLarge(table: table.name)
            }
            return stored
        } catch let problem as QueryProblem {
            throw problem
        } catch {
            preconditionFailure("only query problems are thrown here, got \(error)")
        }
    }

    /// The joins that expressions take, nearer ones first, each checked to give at most one row.
    func joins(of expressions: [TypedExpression]) throws(QueryProblem) -> [PlannedJoin] {
        var paths: [[String]] = []
        for path in expressions.flatMap(\.references).map(\.path) {
            for length in 1..<(path.count + 1) where !paths.contains(Array(path.prefix(length))) {
                paths.append(Array(path.prefix(length)))
            }
        }
        var planned: [PlannedJoin] = []
        for path in paths.sorted(by: { ($0.count, $0.joined(separator: "_")) < ($1.count, $1.joined(separator: "_")) })
        {
            planned.append(try checkedJoin(path))
        }
        return planned
    }

    private func checkedJoin(_ path: [String]) throws(QueryProblem) -> PlannedJoin {
        guard let origin = table(at: path.dropLast()), let target = table(at: path), let name = path.last,
            let join = origin.joins.first(where: { $0.name == name })
        else { throw .unknownTable(name: path.joined(separator: "__"), nearest: []) }
        let key = target.validity?.entity ?? target.key.map(\.name)
        guard join.on.count == key.count else {
            throw .joinFansOut(
                join: name, table: origin.name, target: target.name,
                reason: .keyNotCovered(key: key, on: join.on))
        }
        if let validity = target.validity, join.validAt == nil {
            throw .joinFansOut(
                join: name, table: origin.name, target: target.name,
                reason: .momentMissing(validFrom: validity.from))
        }
        for column in join.on + [join.validAt].compactMap({ $0 }) {
            if case .derived = origin.column(named: column)?.content {
                throw .joinColumnNotStored(join: name, table: origin.name, column: column)
            }
        }
        return PlannedJoin(path: path, definition: join, origin: origin, target: target)
    }
}

extension TableDefinition {
    /// Key parts first, then the other columns, each once.
    var allColumns: [(name: String, type: LogicalType, description: String?)] {
        let declared = columns.map { (name: $0.name, type: $0.type, description: $0.description) }
        return key.filter { column(named: $0.name) == nil }.map { ($0.name, $0.type, nil) } + declared
    }

    func typeOfColumn(named name: String) -> LogicalType? {
        column(named: name)?.type ?? key.first { $0.name == name }?.type
    }
}
