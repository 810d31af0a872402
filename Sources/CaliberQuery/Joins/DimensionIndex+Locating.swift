import CaliberColumns
import CaliberTables

extension DimensionIndex: RowLocating {
    package func locate(
        keys: [KeyLanes], times: KeyLanes?, count: Int, into rows: UnsafeMutablePointer<Int32>
    ) {
        self.rows(
            forKeys: keys.map { KeyPart(lanes: $0.lanes, validity: $0.validity, pool: $0.pool) },
            times: times.map { KeyPart(lanes: $0.lanes, validity: $0.validity, pool: $0.pool) }, count: count,
            into: rows)
    }
}

extension QueryExecutor {
    /// - Parameters:
    ///   - parallelism: threads that read segments at once.
    ///   - snapshot: gives a table by name; asked once a table and query, so that a query sees one state of it.
    package init(parallelism: Int, snapshot: @escaping @Sendable (String) throws -> TableSnapshot) {
        self.init(parallelism: parallelism, snapshot: snapshot) { snapshot, keyColumns, validity in
            try DimensionIndex(snapshot: snapshot, keyColumns: keyColumns, validity: validity)
        }
    }
}
