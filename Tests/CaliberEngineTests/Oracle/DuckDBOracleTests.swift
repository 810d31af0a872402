import CaliberTesting
import Foundation
import Testing

/// The oracle itself, before figures are held against it.
@Suite struct DuckDBOracleTests {
    @Test func `values come back as they were loaded`() throws {
        let oracle = try DuckDBOracle()
        let rows: [[DuckDBOracle.Value]] = [
            [.text("广东 \"x\"\n\u{1}"), .integer(9_007_199_254_740_993), .boolean(true), .number(0.1)],
            [.null, .null, .null, .null],
            [.text(""), .integer(.min), .boolean(false), .number(1)],
        ]
        try oracle.load(
            "t", columns: [("a", "VARCHAR"), ("b", "BIGINT"), ("c", "BOOLEAN"), ("d", "DOUBLE")], rows: rows)
        let answer = try oracle.query("SELECT * FROM t ORDER BY rowid")
        #expect(answer.rows == rows)
        #expect(answer.types == ["VARCHAR", "BIGINT", "BOOLEAN", "DOUBLE"])
    }

    @Test func `a file of rows is a table, and a reset forgets it`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("[\"A\",1]\n[null,2]\n", to: "rows.ndjson")
        let oracle = try DuckDBOracle()
        try oracle.load("t", columns: [("a", "VARCHAR"), ("b", "BIGINT")], path: path)
        #expect(
            try oracle.query("SELECT a, b FROM t ORDER BY b").rows == [
                [.text("A"), .integer(1)], [.null, .integer(2)],
            ])
        try oracle.reset()
        #expect(throws: DuckDBOracle.Problem.self) { try oracle.query("SELECT * FROM t") }
    }

    @Test func `moments are microseconds and zones are known`() throws {
        let answer = try DuckDBOracle().query(
            """
            SELECT make_timestamptz(1000000), CAST(timezone('Asia/Shanghai', make_timestamptz(0)) AS DATE),
                   CAST(1.5 AS DECIMAL(18, 2)), CAST(sum(x) AS HUGEINT) FROM range(3) AS r(x)
            """)
        #expect(answer.rows == [[.integer(1_000_000), .text("1970-01-01"), .text("1.50"), .integer(3)]])
    }

    @Test func `a wrong statement says what is wrong and the next one is answered`() throws {
        let oracle = try DuckDBOracle()
        let problem = #expect(throws: DuckDBOracle.Problem.self) { try oracle.query("SELCT 1") }
        #expect(problem?.description.contains("SELCT") == true)
        #expect(try oracle.query("SELECT 1 AS one").rows == [[.integer(1)]])
    }
}
