import CaliberCore

/// Why a table can't be folded, read or written.
public enum TablesProblem: Error, Sendable, Equatable {
    case unknownTable(name: String, nearest: [String])
    case unknownContract(name: String, column: String, table: String, at: SourceLocation)
    case unknownKeyField(field: String, contract: String, table: String, nearest: [String], at: SourceLocation)
    case keyTypeMismatch(key: String, field: String, contract: String, table: String, at: SourceLocation)
    case foldTypeMismatch(column: String, kind: String, columnType: String, fieldType: String, at: SourceLocation)
    case sumDependsOnOrder(column: String, type: String, at: SourceLocation)
    case notSummable(column: String, type: String, at: SourceLocation)
    case anchorNotStored(anchor: String, table: String, at: SourceLocation)
    case foreignBatch(contract: String)
    case corruptSegment(table: String, column: String, segment: Int64)
    case corruptStrings(table: String, column: String)
    case foldInterrupted(reason: String)
    case tooManySegments(table: String, limit: Int)
    case rowCountMismatch(table: String, segment: Int64, expected: Int, found: Int)
    case lostSegments(table: String, segments: Int, ofSegments: Int, rows: Int, ofRows: Int)
    case brokenInvariant(table: String, segment: Int64, what: String)
    case overlappingValidity(table: String, entityCount: Int)
    case duplicateKey(table: String, rowCount: Int)
    case tooManyRows(table: String, limit: Int)
    case unknownStoredColumn(name: String, table: String)
    case notWritable

    public var diagnostic: Diagnostic {
        switch self {
        case .unknownTable, .unknownContract, .unknownKeyField, .keyTypeMismatch, .foldTypeMismatch,
            .sumDependsOnOrder, .notSummable, .anchorNotStored:
            definitionDiagnostic
        case .foreignBatch, .foldInterrupted, .tooManySegments, .tooManyRows, .notWritable,
            .unknownStoredColumn:
            useDiagnostic
        case .corruptSegment, .corruptStrings, .rowCountMismatch, .lostSegments, .brokenInvariant:
            storageDiagnostic
        case .overlappingValidity(let table, let entityCount):
            Diagnostic(
                "validity-overlap",
                "\(entityCount) entities of '\(table)' have two rows that hold at one moment; "
                    + "the one that began last is taken.",
                remedy: "Let each range end where the next begins.", severity: .warning)
        case .duplicateKey(let table, let rowCount):
            Diagnostic(
                "join-not-unique",
                "\(rowCount) rows of '\(table)' have the same key as another, so joining it would double figures.",
                remedy: "Join it by all columns of its key, or declare `validity`.")
        }
    }

    private var definitionDiagnostic: Diagnostic {
        switch self {
        case .unknownTable(let name, let nearest):
            Diagnostic("unknown-table", "There is no table '\(name)'.", suggestions: nearest)
        case .unknownContract(let name, let column, let table, let location):
            Diagnostic(
                "unknown-contract", "Column '\(column)' of '\(table)' folds '\(name)', which is no contract.",
                at: location)
        case .unknownKeyField(let field, let contract, let table, let nearest, let location):
            Diagnostic(
                "unknown-key-field", "'\(contract)' folds into '\(table)' but has no field '\(field)' for its key.",
                at: location, remedy: "Name the field that carries the key under `key: … fields:`.",
                suggestions: nearest)
        case .keyTypeMismatch(let key, let field, let contract, let table, let location):
            Diagnostic(
                "key-type-mismatch",
                "Key '\(key)' of '\(table)' and the field '\(field)' of '\(contract)' are of different types.",
                at: location, remedy: "Give both the same type.")
        case .foldTypeMismatch(let column, let kind, let columnType, let fieldType, let location):
            Diagnostic(
                "fold-type-mismatch",
                "Column '\(column)' is \(columnType); fold \(kind) of a \(fieldType) field can't fill it.", at: location
            )
        case .sumDependsOnOrder(let column, let type, let location):
            Diagnostic(
                "sum-depends-on-order",
                "Column '\(column)' sums \(type): the sum of floats depends on the order of events.", at: location,
                remedy: "Declare the field as money, integer or duration.")
        case .notSummable(let column, let type, let location):
            Diagnostic("not-summable", "Column '\(column)' sums \(type), which has no sum.", at: location)
        case .anchorNotStored(let anchor, let table, let location):
            Diagnostic(
                "anchor-not-stored",
                "The anchor '\(anchor)' of '\(table)' is not a folded timestamp column or a timestamp of its key.",
                at: location,
                remedy: "Anchor the table on a column with `from` and `fold: first`, `last`, `min` or `max`.")
        default: Diagnostic("table-definition", "The table's definition can't be used.")
        }
    }

    private var useDiagnostic: Diagnostic {
        switch self {
        case .foreignBatch(let contract):
            Diagnostic(
                "foreign-batch", "A batch of '\(contract)' was decoded by another version of the dictionary.",
                remedy: "Open the tables again with the dictionary that the batch was decoded by.")
        case .tooManySegments(let table, let limit):
            Diagnostic("too-many-segments", "Table '\(table)' needs more than \(limit) segments, which is the limit.")
        case .tooManyRows(let table, let limit):
            Diagnostic("too-many-rows", "Table '\(table)' has more than the \(limit) rows that a join can tell apart.")
        case .unknownStoredColumn(let name, let table):
            Diagnostic("unknown-column", "Table '\(table)' keeps no column '\(name)'.")
        case .foldInterrupted(let reason):
            Diagnostic(
                "fold-interrupted", "An earlier fold stopped half way. \(reason)",
                remedy: "Open the tables again; they start from the last checkpoint.")
        default: Diagnostic("tables-read-only", "The tables were opened for reading.", remedy: "Open them for writing.")
        }
    }

    private var storageDiagnostic: Diagnostic {
        let remedy = "Run `caliber rebuild`: the table is folded again from the log, nothing is lost."
        return switch self {
        case .corruptSegment(let table, let column, let segment):
            Diagnostic(
                "segment-corrupt", "Column '\(column)' of '\(table)' is damaged in segment \(segment).", remedy: remedy)
        case .corruptStrings(let table, let column):
            Diagnostic("strings-corrupt", "The strings of '\(column)' of '\(table)' are damaged.", remedy: remedy)
        case .rowCountMismatch(let table, let segment, let expected, let found):
            Diagnostic(
                "segment-row-count", "Segment \(segment) of '\(table)' has \(found) rows in place of \(expected).",
                remedy: remedy)
        case .lostSegments(let table, let segments, let ofSegments, let rows, let ofRows):
            Diagnostic(
                "segments-lost",
                "'\(table)' has \(segments) segments with \(rows) rows in place of \(ofSegments) with \(ofRows).",
                remedy: remedy)
        case .brokenInvariant(let table, let segment, let what):
            Diagnostic("segment-invariant", "Segment \(segment) of '\(table)': \(what).", remedy: remedy)
        default: Diagnostic("segment-damaged", "A segment is damaged.", remedy: remedy)
        }
    }
}
