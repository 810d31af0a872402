import CaliberTesting
import Testing

/// What a disk that fails does to a database: see `caliber-fault-probe`.
@Suite struct FaultTests {
    @Test(.timeLimit(.minutes(30)))
    func `whichever write, sync, truncate or delete fails, the database is whole and the same input completes it`()
        throws
    {
        let probe = BuiltCommand("caliber-fault-probe", in: try TemporaryFolder())
        let outcome = try probe.run(isLongRun ? ["1", "1"] : ["11", "2"])
        let summary = outcome.output.split(separator: "\n").last.map(String.init) ?? ""
        #expect(outcome.status == 0 && !outcome.wasKilled, "\(outcome.output)\n\(outcome.errors)")
        #expect(summary.hasSuffix(" broken 0"), "\(summary)")
        let injected = try #require(summary.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        #expect(injected > (isLongRun ? 400 : 40), "\(summary)")
    }

    @Test(.timeLimit(.minutes(2)))
    func `the probe sees damage where there is some`() throws {
        let outcome = try BuiltCommand("caliber-fault-probe", in: try TemporaryFolder()).run("canary")
        #expect(outcome.status == 0 && !outcome.wasKilled, "\(outcome.output)\n\(outcome.errors)")
    }
}
