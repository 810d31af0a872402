import CaliberColumns
import CaliberCore
import CaliberDictionary

/// Ratios and derived metrics, from the values of what they are built from, group by group.
struct MetricComputation {
    /// For messages.
    let metric: String
    let leaves: [[MetricValue]]
    let groupCount: Int
    let zone: BusinessZone

    func values(of node: MetricNode, type: LogicalType) throws -> [MetricValue] {
        switch node {
        case .leaf(let leaf):
            return leaves[leaf]
        case .ratio(let numerator, let denominator):
            let top = try values(of: numerator, type: .number)
            let bottom = try values(of: denominator, type: .number)
            return zip(top, bottom).map { MetricValue.ratio($0, $1).conforming(to: type) }
        case .derived(let expression, let inputs):
            return try derived(expression, inputs).map { $0.conforming(to: type) }
        }
    }

    private func derived(_ expression: TypedExpression, _ inputs: [MetricNode.Input]) throws -> [MetricValue] {
        let program = VectorProgram(expression, zone: zone)
        let columns = try program.inputs.map { reference in
            guard let input = inputs.first(where: { $0.alias == reference.name }) else {
                throw QueryProblem.inputMissing(metric: metric, input: reference.name).diagnostic
            }
            return try column(try values(of: input.node, type: input.type), input)
        }
        let run = VectorRun(program, source: GroupSource(rowCount: groupCount, columns: columns))
        var result: [MetricValue] = []
        result.reserveCapacity(groupCount)
        for start in stride(from: 0, to: groupCount, by: VectorProgram.chunkRowCount) {
            let chunk = run.evaluate(rows: start..<min(start + VectorProgram.chunkRowCount, groupCount))
            for row in 0..<chunk.count {
                if chunk.validity[row] == 0 {
                    result.append(.null)
                } else if expression.type.storage == .float {
                    result.append(.number(Double(bitPattern: UInt64(bitPattern: chunk.lanes[row]))))
                } else {
                    result.append(.integer(Int128(chunk.lanes[row])))
                }
            }
        }
        return result
    }

    private func column(_ values: [MetricValue], _ input: MetricNode.Input) throws -> LaneColumn {
        let column = LaneColumn(capacity: max(values.count, 1))
        for value in values {
            switch value.conforming(to: input.type) {
            case .null: column.appendNull()
            case .number(let number): column.append(number)
            case .integer(let integer):
                guard let lane = Int64(exactly: integer) else {
                    throw QueryProblem.totalOutOfRange(metric: input.metric).diagnostic
                }
                column.append(lane)
            }
        }
        return column
    }
}

/// Values by group as the inputs of a program.
private struct GroupSource: ColumnSource {
    let rowCount: Int
    let columns: [LaneColumn]

    func read(
        _ input: Int, rows: Range<Int>, into lanes: UnsafeMutablePointer<Int64>,
        validity: UnsafeMutablePointer<UInt8>
    ) {
        lanes.update(from: columns[input].lanes + rows.lowerBound, count: rows.count)
        validity.update(from: columns[input].validity + rows.lowerBound, count: rows.count)
    }

    func pool(of input: Int) -> StringPool? { columns[input].pool }
}
