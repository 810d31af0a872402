import CaliberServer
import CaliberTesting
import Foundation
import Testing

/// Queries, definitions, lineage and scores over HTTP say what the command line says.
@Suite(.timeLimit(.minutes(3))) struct QueriesOverHTTPTests {
    @Test func `answers are those of the command line, and see what was acknowledged`() throws {
        let folder = try TemporaryFolder()
        let service = try RunningService(in: folder, settings: ["CALIBER_SCORES_ENABLED": "true"])
        let events = SentEvents.simulated(orderCount: 400)
        let connection = try service.connect()
        #expect(try connection.events(Array(events.joined())).status == 200)

        let load = try connection.ask(
            "POST", "/v1/load", headers: ["Content-Type": "application/json"],
            body: Array(
                #"{"query":{"metrics":["gmv","orders_paid"],"group_by":["channel"],"order_by":["-gmv"],"limit":3}}"#
                    .utf8))
        #expect(load.status == 200, "\(load.text)")
        let command = try service.caliber(
            "query", "--metrics", "gmv,orders_paid", "--group-by", "channel", "--order", "-gmv", "--limit", "3",
            "--format", "json")
        #expect(try data(load.text) == data(command.output), "\(load.text)\n\(command.output)")

        // What was acknowledged is seen by the next query, each time.
        func ordersPaid() throws -> Int {
            let answer = try connection.ask(
                "POST", "/v1/load", body: Array(#"{"query":{"metrics":"orders_paid"}}"#.utf8))
            let rows = try #require(try answer.json()["data"] as? [[String: Any]])
            return try #require(rows.first?["orders_paid"] as? Int, "\(answer.text)")
        }
        let before = try ordersPaid()
        for number in 1...20 {
            _ = try connection.events(SentEvents.lines(number..<number + 1))
            #expect(try ordersPaid() == before + number)
        }

        let metric = try connection.ask("GET", "/v1/metrics/gmv")
        #expect(try metric.json()["name"] as? String == "gmv")
        let version = try #require(try metric.json()["version"] as? Int)
        #expect(try connection.ask("GET", "/v1/metrics/gmv%40\(version)").text == metric.text)
        let unknown = try connection.ask("GET", "/v1/metrics/gmw")
        #expect(unknown.status == 404 && unknown.code == "unknown-metric" && unknown.text.contains("gmv"))
        #expect(
            try connection.ask("GET", "/v1/lineage/gmv").text
                == service.caliber("lineage", "gmv", "--format", "json").output)
        #expect(
            try connection.ask("GET", "/v1/lineage/payment.callback.amount?direction=downstream").text
                == service.caliber("lineage", "--downstream", "payment.callback.amount", "--format", "json").output)
        #expect(try connection.ask("GET", "/v1/lineage/nothing").status == 404)
        let meta = try connection.ask("GET", "/v1/meta").json()
        #expect((meta["metrics"] as? [[String: Any]])?.contains { $0["name"] as? String == "gmv" } == true)
        #expect(service.terminate() == 0, "\(service.log)")
    }

    @Test func `an order's score is the one that the command line shows`() throws {
        let folder = try TemporaryFolder()
        let service = try RunningService(in: folder, settings: ["CALIBER_SCORES_ENABLED": "true"])
        let connection = try service.connect()
        let events = SentEvents.simulated(orderCount: 400)
        _ = try connection.events(Array(events.joined()))
        // Scores come after the answer.
        let deadline = ContinuousClock.now + .seconds(30)
        while try !connection.ask("GET", "/metrics").text.contains("caliber_score_lag_seconds_count 2"),
            ContinuousClock.now < deadline
        { usleep(20_000) }
        let top = try service.caliber("top", "--risk", "3", "--json")
        let orders = try #require(
            try JSONSerialization.jsonObject(with: Data(top.output.utf8)) as? [[String: Any]], "\(top.output)")
        #expect(orders.count == 3)
        for order in orders {
            let key = try #require(order["order"] as? String)
            let score = try connection.ask("GET", "/v1/orders/\(key)/score").json()
            #expect(score["health"] as? Double == order["health"] as? Double)
            #expect(score["model"] as? String == order["model"] as? String)
            #expect((score["explanation"] as? NSDictionary) == (order["explanation"] as? NSDictionary))
        }
        #expect(try connection.ask("GET", "/v1/orders/nobody/score").code == "no-score")
        #expect(service.terminate() == 0)
    }

    @Test func `a wrong question is answered with its diagnostics, never with a failure of the service`() throws {
        let service = try RunningService(in: TemporaryFolder())
        let connection = try service.connect()
        let cases: [(String, String)] = [
            ("nothing", "malformed-json"), ("[]", "malformed-json"), ("{}", "missing-member"),
            (#"{"query":{"metric":["gmv"]}}"#, "unknown-member"), (#"{"query":{"metrics":[1]}}"#, "wrong-member"),
            (#"{"query":{"metrics":["gmv"],"limit":true}}"#, "wrong-member"),
            (#"{"query":{"metrics":["gmw"]}}"#, "unknown-metric"),
            (#"{"query":{"metrics":["gmv"],"group_by":["colour"]}}"#, "unknown-dimension"),
            (#"{"query":{"saved":"no such"}}"#, "unknown-saved-query"),
        ]
        for (body, code) in cases {
            let answer = try connection.ask("POST", "/v1/load", body: Array(body.utf8))
            #expect(answer.status == 400, "\(body): \(answer.text)")
            #expect(answer.text.contains(#""code":"\#(code)""#), "\(body): \(answer.text)")
        }
        let large = try service.ask("POST", "/v1/load", body: [UInt8](repeating: 0x20, count: 2 << 20))
        #expect(large.status == 413, "\(large.text)")
        let traced = try connection.ask("GET", "/v1/meta", headers: ["X-Request-Id": "my-id.7"])
        #expect(traced.headers["x-request-id"] == "my-id.7")
        #expect(
            try connection.ask("GET", "/v1/meta", headers: ["X-Request-Id": "a\tb"]).headers["x-request-id"] != "a\tb")
    }

    @Test func `the OpenAPI document lists exactly the routes that there are`() throws {
        let service = try RunningService(in: TemporaryFolder())
        let document = try service.ask("GET", "/v1/openapi.json").json()
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        var documented: Set<String> = []
        for (path, operations) in paths {
            for method in operations.keys { documented.insert("\(method.uppercased()) \(path)") }
        }
        #expect(documented == Set(ServiceRoute.allCases.map { "\($0.method) \($0.path)" }))
        for route in documented.sorted() {
            let parts = route.split(separator: " ").map(String.init)
            let answer = try service.ask(parts[0], parts[1].replacing("{id}", with: "x"))
            #expect(![404, 405].contains(answer.status) || answer.code != "no-such-route", "\(route): \(answer.text)")
            #expect(answer.status < 500, "\(route): \(answer.text)")
            let other = parts[0] == "GET" ? "DELETE" : "GET"
            #expect([404, 405].contains(try service.ask(other, parts[1].replacing("{id}", with: "x")).status))
        }
        #expect(try service.ask("GET", "/v1/nothing").code == "no-such-route")
        let references = try String(decoding: service.ask("GET", "/v1/openapi.json").body, as: UTF8.self)
            .matches(of: #/"\$ref": "#\/components\/(schemas|responses)\/(\w+)"/#)
        let components = try #require(document["components"] as? [String: [String: Any]])
        #expect(!references.isEmpty)
        for reference in references {
            #expect(components[String(reference.1)]?[String(reference.2)] != nil, "\(reference.0)")
        }
    }

    private func data(_ text: String) throws -> NSArray {
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return try #require(object?["data"] as? NSArray, "\(text)")
    }
}
