import CaliberCore
import CaliberServer
import CaliberTesting
import Foundation
import Testing

/// Who may do what, with which key.
@Suite(.timeLimit(.minutes(2))) struct AccessTests {
    @Test func `each role opens its own routes and no others, and a revoked key opens none`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("keys.yaml")
        var file = try KeyFile(path: path)
        var tokens: [AccessRole: String] = [:]
        for role in AccessRole.allCases {
            tokens[role] = try file.create(name: "key of \(role)", roles: [role], now: RunningService.now)
        }
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let stored = try String(contentsOfFile: path, encoding: .utf8)
        #expect(tokens.values.allSatisfy { !stored.contains($0) }, "a key stands in the file as it is")

        let service = try RunningService(
            in: folder, settings: ["CALIBER_KEYS": path, "CALIBER_WITHOUT_KEYS": "false"])
        let routes: [(String, String, Set<AccessRole>)] = [
            ("POST", "/v1/events", [.ingest, .admin]), ("POST", "/v1/load", [.read, .review, .admin]),
            ("GET", "/v1/meta", [.read, .review, .admin]), ("GET", "/v1/metrics/gmv", [.read, .review, .admin]),
            ("GET", "/v1/lineage/gmv", [.read, .review, .admin]),
            ("GET", "/v1/orders/o1/score", [.read, .review, .admin]), ("GET", "/v1/status", [.read, .review, .admin]),
            ("GET", "/v1/reviews", [.review, .admin]), ("GET", "/v1/reviews/1", [.review, .admin]),
            ("POST", "/v1/reviews/1/verdict", [.review, .admin]),
        ]
        for (method, path, roles) in routes {
            for role in AccessRole.allCases {
                let answer = try service.ask(
                    method, path, headers: ["Authorization": "Bearer \(tokens[role] ?? "")"])
                if roles.contains(role) {
                    #expect(![401, 403].contains(answer.status), "\(role) \(path): \(answer.text)")
                } else {
                    #expect(answer.status == 403 && answer.code == "forbidden", "\(role) \(path): \(answer.text)")
                }
            }
            #expect(try service.ask(method, path).code == "no-key")
            let unknown = try service.ask(method, path, headers: ["Authorization": "Bearer cal_abc_def"])
            #expect(unknown.status == 401 && unknown.code == "unknown-key")
            #expect(unknown.headers["www-authenticate"] == "Bearer")
        }
        for path in ["/healthz", "/readyz", "/metrics", "/v1/openapi.json"] {
            #expect(try service.ask("GET", path).status == 200, "\(path)")
        }
        let reader = ["Authorization": "Bearer \(tokens[.read] ?? "")"]
        #expect(try service.ask("GET", "/v1/meta", headers: reader).status == 200)
        let id = try #require(file.keys.first { $0.roles == [.read] }?.id)
        try file.revoke(id, now: RunningService.now)
        let deadline = ContinuousClock.now + .seconds(15)
        var status = 200
        while status == 200, ContinuousClock.now < deadline {
            usleep(200_000)
            status = try service.ask("GET", "/v1/meta", headers: reader).status
        }
        #expect(status == 401)
        #expect(tokens.values.allSatisfy { !service.log.contains($0) }, "a key stands in the log")
    }

    @Test func `one letter of a key makes it another key`() throws {
        let folder = try TemporaryFolder()
        var file = try KeyFile(path: folder.path("keys.yaml"))
        let token = try file.create(name: "tester", roles: [.admin], now: RunningService.now)
        let service = try RunningService(
            in: folder, settings: ["CALIBER_KEYS": file.path, "CALIBER_WITHOUT_KEYS": "false"])
        var wrong = Array(token)
        wrong[wrong.count - 1] = wrong[wrong.count - 1] == "0" ? "1" : "0"
        for (text, status) in [(token, 200), (String(wrong), 401), (token + "0", 401), (String(token.dropLast()), 401)]
        {
            #expect(
                try service.ask("GET", "/v1/meta", headers: ["Authorization": "bearer \(text)"]).status == status)
        }
    }
}

/// The configuration: one file, the environment over it, everything wrong told at once.
@Suite struct ConfigurationTests {
    private func codes(_ yaml: String, environment: [String: String] = [:]) throws -> [String] {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder.path("dictionary"), withIntermediateDirectories: true)
        let path = try folder.write(yaml, to: "caliber.yaml")
        do throws(DiagnosticList) {
            _ = try ServiceConfiguration.read(path: path, environment: environment)
            return []
        } catch {
            return error.diagnostics.map { "\($0.location?.line ?? 0) \($0.code)" }
        }
    }

    @Test func `everything that is wrong is told with its line`() throws {
        let yaml = """
            lisen: 127.0.0.1:80
            listen: nowhere
            memory_mb: many
            intake:
              queue_mb: 0
              queu_requests: 5
            logs: {level: loud}
            without_keys: perhaps
            """
        #expect(
            try codes(yaml)
                == [
                    "0 config-no-keys", "1 config-unknown-key", "2 config-address", "3 config-value", "5 config-value",
                    "6 config-unknown-key", "7 config-value", "8 config-value",
                ].sorted { $0 < $1 })
    }

    @Test func `without keys only the loopback is served`() throws {
        #expect(try codes("without_keys: true") == [])
        #expect(try codes("without_keys: true\nlisten: '[::1]:0'") == [])
        #expect(try codes("without_keys: true\nlisten: 0.0.0.0:8080") == ["2 config-open-to-all"])
        #expect(try codes("listen: 127.0.0.1:1") == ["0 config-no-keys"])
        #expect(
            try codes("without_keys: true\nkeys: keys.yaml") == ["1 config-keys-conflict", "2 config-missing-path"])
    }

    @Test func `the environment takes the file's place, key by key`() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder.path("dictionary"), withIntermediateDirectories: true)
        let path = try folder.write(
            "without_keys: true\nmemory_mb: 64\nintake: {queue_mb: 32, queue_requests: 9}\n", to: "caliber.yaml")
        let read = try ServiceConfiguration.read(
            path: path, environment: ["CALIBER_INTAKE_QUEUE_MB": "128", "CALIBER_DATABASE": "elsewhere.db"])
        #expect(read.queueByteLimit == 128 << 20)
        #expect(read.queueRequestLimit == 9)
        #expect(read.memoryMegabytes == 64)
        #expect(read.databasePath == "elsewhere.db")
        #expect(read.dictionaryFolder == folder.path("dictionary"), "a file's paths are taken from its folder")
        #expect(try codes("without_keys: true", environment: ["CALIBER_MEMORY_MB": "x"]) == ["0 config-value"])
    }
}
