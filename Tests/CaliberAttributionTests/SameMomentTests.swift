import CaliberAttribution
import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberTesting
import Testing

/// Touches of one moment, in a table that is ordered by another one.
@Suite struct SameMomentTests {
    private static let files = [
        DictionaryFile(path: "caliber.yaml", text: "name: site\ntime_zone: UTC\ncurrency: CNY\n"),
        DictionaryFile(
            path: "site.yaml",
            text: """
                contracts:
                  - name: touch.recorded
                    owner: team:growth
                    fields:
                      touch_id: {type: identifier, required: true}
                      buyer: {type: identifier}
                      cookie: {type: identifier}
                      source: {type: category}
                      touched_at: {type: timestamp}
                      sent_at: {type: timestamp}
                tables:
                  - name: touches
                    owner: team:growth
                    key: touch_id
                    anchor: sent_at
                    columns:
                      sent_at: {type: timestamp, from: touch.recorded.sent_at, fold: first}
                      touched_at: {type: timestamp, from: touch.recorded.touched_at, fold: first}
                      buyer: {type: identifier, from: touch.recorded.buyer, fold: first}
                      cookie: {type: identifier, from: touch.recorded.cookie, fold: first}
                      source: {type: category, from: touch.recorded.source, fold: first}
                metrics:
                  - {id: M-1, name: sent, version: 1, label: L, description: d, owner: 'team:a', status: certified, type: simple, table: touches, agg: count}
                attributions:
                  - name: same
                    owner: team:growth
                    touches: {table: touches, buyer: 'coalesce(buyer, cookie)', at: touched_at}
                    conversions: {table: touches, buyer: buyer, when: source = 'none', metric: sent}
                    lookback: 1d
                    path: none
                    channels: [{channel: A, when: source = 'a'}, {channel: B, when: source = 'b'}, {channel: C, when: source = 'c'}]
                """),
    ]

    private static func touch(_ id: String, _ source: String, sent: Int, buyer: String) -> String {
        #"{"specversion":"1.0","id":"\#(id)","source":"site","type":"touch.recorded","data":{"touch_id":"\#(id)","#
            + #""touched_at":"2026-03-01T10:00:00Z","sent_at":"2026-03-02T10:00:0\#(sent)Z","source":"\#(source)",\#(buyer)}}"#
    }

    @Test func `they follow each other by their keys, and a buyer may be named by what there is`() throws {
        let lines = [
            SameMomentTests.touch("t3", "c", sent: 1, buyer: #""cookie":"x""#),
            SameMomentTests.touch("t1", "a", sent: 2, buyer: #""buyer":"x","cookie":"y""#),
            SameMomentTests.touch("t2", "b", sent: 3, buyer: #""buyer":"x""#),
        ]
        for arriving in [lines, lines.reversed()] {
            let folder = try TemporaryFolder()
            let engine = try Engine.open(
                databasePath: folder.path("caliber.db"),
                dictionary: try MetricDictionary.load(files: SameMomentTests.files),
                creating: true)
            let outcome = try engine.ingest([
                .bytes(Array(arriving.joined(separator: "\n").utf8), origin: "touches.ndjson")
            ])
            #expect(outcome.account.accepted == 3)
            let report = try engine.attribute(AttributionQuery(models: [.last]))
            #expect(report.statistics.paths.map(report.pathText) == ["A > B > C"])
        }
    }
}
