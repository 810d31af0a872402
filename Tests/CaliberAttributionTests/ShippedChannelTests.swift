import CaliberAttribution
import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberQuery
import CaliberSimulator
import CaliberTesting
import Foundation
import Testing

/// The shipped dictionary's channel rules, and its attribution of simulated orders.
@Suite struct ShippedChannelTests {
    /// What a touch says of itself, and the channel that it came by.
    private static let signs: [(signs: String, channel: String)] = [
        (#""utm_source":"douyin""#, "Douyin"), (#""utm_source":"DY","utm_medium":"cpc""#, "Douyin"),
        (#""clickid":"x","click_source":"oceanengine","utm_source":"wechat""#, "Douyin"),
        (#""platform":"douyin""#, "Douyin"), (#""referrer":"v.douyin.com""#, "Douyin"),
        (#""utm_source":"ks""#, "Kuaishou"), (#""referrer":"www.kuaishou.com""#, "Kuaishou"),
        (#""utm_source":"xhs""#, "Xiaohongshu"), (#""referrer":"www.xiaohongshu.com""#, "Xiaohongshu"),
        (#""referrer":"mp.weixin.qq.com""#, "WeChat"), (#""platform":"wechat""#, "WeChat"),
        (#""platform":"wechat","utm_medium":"miniprogram""#, "Mini-program"),
        (#""platform":"mini_program""#, "Mini-program"), (#""utm_source":"pdd""#, "Pinduoduo"),
        (#""referrer":"mobile.yangkeduo.com""#, "Pinduoduo"), (#""platform":"tmall""#, "Tmall"),
        (#""referrer":"detail.tmall.com""#, "Tmall"), (#""utm_source":"alimama""#, "Taobao"),
        (#""referrer":"item.jd.com""#, "JD"), (#""utm_source":"jd""#, "JD"),
        (#""referrer":"www.baidu.com""#, "Baidu"), (#""clickid":"b","click_source":"baidu""#, "Baidu"),
        (#""gclid":"g","utm_source":"newsletter""#, "Google"), (#""referrer":"www.google.com""#, "Google"),
        (#""referrer":"cn.bing.com""#, "Other search"), (#""referrer":"www.so.com""#, "Other search"),
        (#""utm_source":"newsletter","utm_medium":"email""#, "Mail"), (#""referrer":"mail.163.com""#, "Mail"),
        (#""utm_medium":"sms""#, "SMS"), (#""utm_source":"weibo""#, "Weibo"), (#""utm_source":"zhihu""#, "Zhihu"),
        (#""referrer":"www.bilibili.com""#, "Bilibili"), (#""platform":"web""#, "Direct"),
        (#""session":"s""#, "Direct"),
        (#""referrer":"blog.example.com""#, "Unmatched_Channel"), (#""utm_source":"poster""#, "Unmatched_Channel"),
        (#""referrer":"also.com""#, "Unmatched_Channel"), (#""referrer":"notdouyin.com""#, "Unmatched_Channel"),
    ]

    private static func touch(_ id: String, buyer: String, at: String, _ signs: String, kind: String = "visit")
        -> String
    {
        #"{"specversion":"1.0","id":"\#(id)","source":"site","type":"touch.recorded","time":"\#(at)","#
            + #""data":{"touch_id":"\#(id)","touched_at":"\#(at)","kind":"\#(kind)","buyer_id":"\#(buyer)",\#(signs)}}"#
    }

    private func engine(_ folder: TemporaryFolder, _ inputs: [[String]]) throws -> Engine {
        let dictionary = try MetricDictionary.load(
            from: DuckDBOracle.packageFolder.appending(path: "dictionary").path)
        let engine = try Engine.open(
            databasePath: folder.path("caliber.db"), dictionary: dictionary, creating: true)
        for (index, lines) in inputs.enumerated() {
            let outcome = try engine.ingest([
                .bytes(Array(lines.joined(separator: "\n").utf8), origin: "\(index).ndjson")
            ])
            #expect(outcome.account.quarantined == 0, "\(outcome.violations)")
        }
        return engine
    }

    /// Each touch is a path of its own that led nowhere, so many times as its place says: so each is told from the others.
    @Test func `each sign leads to its channel`() throws {
        var lines: [String] = []
        for (place, sign) in ShippedChannelTests.signs.enumerated() {
            lines.append(
                ShippedChannelTests.touch("t\(place)", buyer: "b\(place)", at: "2026-03-01T10:00:00Z", sign.signs))
        }
        lines.append(
            ShippedChannelTests.touch(
                "seen", buyer: "b", at: "2026-03-01T10:00:00Z", #""utm_source":"douyin""#, kind: "impression"))
        let folder = try TemporaryFolder()
        let report = try engine(folder, [lines]).attribute(AttributionQuery(models: [.last]))
        let expected = Dictionary(ShippedChannelTests.signs.map { ($0.channel, Int64(1)) }, uniquingKeysWith: +)
        let found = Dictionary(
            uniqueKeysWithValues: report.statistics.paths.map { (report.pathText($0), $0.misses) })
        #expect(found == expected)
        // One by one, where the counts alone could hide an exchange.
        for (place, sign) in ShippedChannelTests.signs.enumerated() {
            let folder = try TemporaryFolder()
            let one = try engine(folder, [[lines[place]]]).attribute(AttributionQuery(models: [.last]))
            #expect(one.statistics.paths.map(one.pathText) == [sign.channel], "\(sign.signs)")
        }
    }

    @Test func `touches of one moment follow each other by their keys, whichever came first`() throws {
        let lines = [("t9", "douyin"), ("t1", "ks"), ("t5", "xhs")].map { id, source in
            ShippedChannelTests.touch(id, buyer: "b", at: "2026-03-01T10:00:00Z", #""utm_source":"\#(source)""#)
        }
        for inputs in [[lines], [lines.reversed()], [[lines[1]], [lines[2]], [lines[0]]]] {
            let folder = try TemporaryFolder()
            let report = try engine(folder, inputs).attribute(AttributionQuery(models: [.last]))
            #expect(report.statistics.paths.map(report.pathText) == ["Kuaishou > Xiaohongshu > Douyin"])
        }
    }

    @Test func `channels' parts add up to the metric that queries give, whatever the model and the order of arrival`()
        throws
    {
        let settings = SimulationSettings(seed: 5, orderCount: 1500, dayCount: 20)
        let simulation = Simulation(settings)
        func lines(_ write: (@escaping (UnsafeRawBufferPointer) -> Void) -> Void) -> [String] {
            var bytes: [UInt8] = []
            withUnsafeMutablePointer(to: &bytes) { target in
                let place = target
                write { place.pointee.append(contentsOf: $0) }
            }
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        }
        let orders = lines { sink in simulation.write(to: { sink($0) }) }
        var found: TouchTruth?
        let touches = lines { sink in found = simulation.writeTouches(to: { sink($0) }) }
        let truth = try #require(found)
        var reports: [AttributionReport] = []
        var generator = SeededGenerator(seed: 9)
        for inputs in [[orders, touches], [touches.shuffled(using: &generator), orders.shuffled(using: &generator)]] {
            let folder = try TemporaryFolder()
            let dictionary = try MetricDictionary.load(
                from: DuckDBOracle.packageFolder.appending(path: "dictionary").path)
            let engine = try Engine.open(
                databasePath: folder.path("caliber.db"), dictionary: dictionary, creating: true)
            for (index, lines) in inputs.enumerated() {
                _ = try engine.ingest([.bytes(Array(lines.joined(separator: "\n").utf8), origin: "\(index).ndjson")])
            }
            var query = AttributionQuery(models: AttributionModel.all)
            let report = try engine.attribute(query)
            for name in ["gmv", "orders_paid"] {
                for (start, end) in [(nil, nil), ("2025-05-30", "2025-06-05")] as [(String?, String?)] {
                    query.metric = .init(name: name)
                    (query.startTime, query.endTime) = (start, end)
                    let shared = try engine.attribute(query)
                    let answer = try engine.answer(
                        .init(metrics: [.init(name: name)], startTime: start, endTime: end))
                    let whole = answer.text(of: answer.rows[0][0], in: answer.fields[0])
                    #expect(shared.text(ofValue: shared.value) == whole, "\(name)")
                    for (model, parts) in zip(query.models, shared.parts) {
                        #expect(parts.reduce(0) { $0 + $1.value } == shared.value, "\(model.name) of \(name)")
                        #expect(
                            parts.reduce(0) { $0 + $1.conversionHundredths } == Int128(shared.conversions) * 100,
                            "\(model.name) of \(name)")
                    }
                }
            }
            reports.append(report)
        }
        #expect(reports[0].channelJSON == reports[1].channelJSON)
        #expect(reports[0].pathJSON(limit: 1000) == reports[1].pathJSON(limit: 1000))
        #expect(truth.touchCount == touches.count)
        #expect(reports[0].misses >= Int64(truth.fruitlessPathCount))
        #expect(truth.causedOrderCounts.values.reduce(0, +) == truth.touchedOrderCount)
    }
}
