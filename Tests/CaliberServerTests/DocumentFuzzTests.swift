import CaliberTesting
import Foundation
import Testing

/// The service against its own OpenAPI document, by Schemathesis: what the document allows, and much that it does not.
@Suite(.timeLimit(.minutes(5))) struct DocumentFuzzTests {
    private static let isLong = ProcessInfo.processInfo.environment["CALIBER_LONG_TESTS"] == "1"
    private static let tool = RunningService.packageRoot.appending(path: ".tools/oracle/bin/schemathesis")
    private static let checks = [
        "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
        "response_schema_conformance",
    ]

    @Test func `whatever is asked, nothing fails and every answer is as the document says`() throws {
        let service = try serving()
        // Cases by the document's corners take a few seconds; random ones as long as they are given.
        let phases = DocumentFuzzTests.isLong ? "examples,coverage,fuzzing" : "examples,coverage"
        let outcome = try fuzz(
            "http://127.0.0.1:\(service.port)/v1/openapi.json", service, phases: phases,
            seconds: DocumentFuzzTests.isLong ? 60 : 20)
        #expect(outcome.status == 0, "\(outcome.said)")
        let asked = try #require(outcome.said.firstMatch(of: #/(\d+) generated, (\d+) passed/#), "\(outcome.said)")
        #expect(try #require(Int(asked.1)) > (DocumentFuzzTests.isLong ? 1000 : 300), "\(outcome.said)")
        #expect(try service.ask("GET", "/readyz").status == 200)
        #expect(service.terminate() == 0, "\(service.log)")
        #expect(!service.log.contains(#""level":"error""#), "\(service.log)")
        #expect(try service.caliber("verify").status == 0)
    }

    /// A fuzzer that finds nothing in a document that is wrong proves nothing.
    @Test(arguments: [
        (#""required": ["query", "schema","#, #""required": ["nothing", "schema","#),
        (#""position": {"type": "integer"}"#, #""position": {"type": "string"}"#),
        (##""404": {"$ref": "#/components"##, ##""418": {"$ref": "#/components"##),
    ])
    func `what the document says wrongly is found`(right: String, wrong: String) throws {
        let service = try serving()
        let document = try service.ask("GET", "/v1/openapi.json").text
        #expect(document.contains(right))
        let path = try service.folder.write(document.replacing(right, with: wrong), to: "wrong.json")
        let outcome = try fuzz(path, service, phases: "examples,coverage", seconds: 20)
        #expect(outcome.status == 1, "\(outcome.said)")
    }

    /// With orders in it, so that answers have rows.
    private func serving() throws -> RunningService {
        let service = try RunningService(in: TemporaryFolder())
        let lines = SentEvents.simulated(orderCount: 60)
        #expect(try service.connect().events(Array(lines.joined())).status == 200)
        return service
    }

    private func fuzz(
        _ document: String, _ service: RunningService, phases: String, seconds: Int
    ) throws -> (status: Int32, said: String) {
        let process = Process()
        process.executableURL = DocumentFuzzTests.tool
        process.currentDirectoryURL = service.folder.url
        process.arguments = [
            "run", document, "--url", "http://127.0.0.1:\(service.port)", "--seed", "20261123", "--max-time",
            "\(seconds)", "--phases", phases, "--checks", DocumentFuzzTests.checks.joined(separator: ","),
            "--suppress-health-check", "all", "--no-color", "--continue-on-failure",
        ]
        process.environment = ["PATH": "/usr/bin:/bin", "HOME": service.folder.url.path, "LANG": "C.UTF-8"]
        let said = service.folder.path("said-\(UUID().uuidString)")
        try Data().write(to: URL(fileURLWithPath: said))
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: said)
        process.standardError = FileHandle(forWritingAtPath: said)
        guard FileManager.default.isExecutableFile(atPath: DocumentFuzzTests.tool.path) else {
            throw NotInstalled(path: DocumentFuzzTests.tool.path)
        }
        try process.run()
        process.waitUntilExit()
        return (process.terminationStatus, try String(contentsOfFile: said, encoding: .utf8))
    }

    /// `make setup-tests` installs it.
    private struct NotInstalled: Error { let path: String }
}
