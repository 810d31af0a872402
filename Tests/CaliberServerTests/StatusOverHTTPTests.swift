import CaliberEngine
import CaliberTesting
import Foundation
import Testing

/// Where everything stands, over HTTP and beside the service.
@Suite(.timeLimit(.minutes(2))) struct StatusOverHTTPTests {
    @Test func `the service says what the file says, and how it is itself`() throws {
        let folder = try TemporaryFolder()
        let service = try RunningService(in: folder)
        #expect(try service.connect().events(SentEvents.lines(0..<50)).status == 200)
        var told = try service.ask("GET", "/v1/status").json()
        // The first checkpoint is written aside.
        for _ in 0..<100 where (told["tables"] as? [Any])?.isEmpty != false {
            usleep(50_000)
            told = try service.ask("GET", "/v1/status").json()
        }
        let read = try service.caliber("status", "--json")
        #expect(read.status == 0)
        let file = try #require(
            try JSONSerialization.jsonObject(with: Data(read.output.utf8)) as? [String: Any])
        #expect(Set(told.keys) == Set(file.keys))
        for key in ["intake", "log", "quarantine", "tables", "scores", "reviews", "alerts", "troubled_endpoints"] {
            let isEqual = (told[key] as? NSObject) == (file[key] as? NSObject)
            #expect(isEqual, "\(key): \(String(describing: told[key])) and \(String(describing: file[key]))")
        }
        #expect((told["intake"] as? [String: Any])?["accepted"] as? Int == 50)
        let itself = try #require(told["service"] as? [String: Any])
        #expect(itself["ready"] as? Bool == true)
        #expect(itself["queue_requests"] as? Int == 0)
        #expect(file["service"] is NSNull)
        let writer = try #require(file["writer"] as? [String: Any])
        #expect(writer["writing"] as? Bool == true)
        #expect(writer["since"] is String)
        #expect(try service.caliber("backup", folder.path("copy.db")).status == 0)
        #expect(try service.caliber("verify", folder.path("copy.db")).status == 0)
        // Not over the database of a service that runs, even when it hangs.
        service.signal(SIGSTOP)
        #expect(try service.caliber("status").output.contains("50 events"))
        #expect(try service.caliber("restore", folder.path("copy.db")).status == 1)
        service.signal(SIGCONT)
        #expect(try service.ask("GET", "/readyz").status == 200)
        #expect(service.terminate() == 0)
        let after = try service.caliber("status", "--json")
        #expect(after.output.contains(#""writing": false"#), "\(after.output)")
        #expect(try service.caliber("restore", folder.path("copy.db")).status == 0)
        let again = try RunningService(in: folder)
        #expect(try again.connect().events(SentEvents.lines(0..<60)).number("accepted") == 10)
    }
}
