/// What brought people to the shop: the touches before each order, those of people who never buy, and the truth about
/// whom each order is owed to.
///
/// Of each order's touches one is its cause: without it there would be no order. Which channels cause orders and which are
/// merely on the way differs, so that a model of attribution can be told a good one or not.
public struct TouchTruth: Hashable, Sendable {
    public internal(set) var touchCount = 0
    /// Paid orders that had a touch.
    public internal(set) var touchedOrderCount = 0
    /// Paid orders that had none.
    public internal(set) var untouchedOrderCount = 0
    /// Paths of people who never buy.
    public internal(set) var fruitlessPathCount = 0
    /// Paid orders by the channel that caused them, as the shipped dictionary names it.
    public internal(set) var causedOrderCounts: [String: Int] = [:]
}

extension Simulation {
    /// Writes the touches as CloudEvents NDJSON, order by order. What orders are does not depend on it.
    @discardableResult
    public func writeTouches<Failure: Error>(
        to sink: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) -> TouchTruth {
        var run = SimulationRun(settings, writesEvents: false, tellsOrders: false)
        try run.run(to: { (_) throws(Failure) in }, orderTruth: nil)
        var lines = EventLines(settings, run.planner)
        var truth = TouchTruth()
        var plan = OrderPlan()
        for number in 0..<settings.orderCount {
            run.planner.plan(number, goesBad: run.goesBad[number], into: &plan)
            var draws = DrawStream(seed: settings.seed, .touches, number: number)
            let course = TouchCourse(&draws)
            for (place, touch) in course.touches.enumerated() {
                lines.writeTouch(touch, place, ofOrder: plan, isFruitless: false)
                try lines.drain(to: sink)
            }
            truth.count(course, isPaid: plan.paidPlace != nil && !plan.isGift)
            for (place, touch) in TouchCourse.fruitless(&draws, &truth).enumerated() {
                lines.writeTouch(touch, place, ofOrder: plan, isFruitless: true)
                try lines.drain(to: sink)
            }
        }
        try lines.writer.withBytes(sink)
        return truth
    }
}

/// Where touches come from, and by what signs the dictionary's rules know it.
private enum TouchChannel: Int, CaseIterable {
    case douyin, kuaishou, xiaohongshu, wechat, baidu, mail, miniProgram, direct

    /// As the shipped dictionary's rules name it.
    var name: String {
        switch self {
        case .douyin: "Douyin"
        case .kuaishou: "Kuaishou"
        case .xiaohongshu: "Xiaohongshu"
        case .wechat: "WeChat"
        case .baidu: "Baidu"
        case .mail: "Mail"
        case .miniProgram: "Mini-program"
        case .direct: "Direct"
        }
    }

    var signs: StaticString {
        switch self {
        case .douyin:
            #","platform":"web","clickid":"c1","click_source":"oceanengine","utm_source":"douyin","utm_medium":"cpc""#
        case .kuaishou: #","platform":"web","utm_source":"ks","utm_medium":"cpc""#
        case .xiaohongshu: #","platform":"web","utm_source":"xhs","utm_medium":"post""#
        case .wechat: #","platform":"wechat","referrer":"mp.weixin.qq.com""#
        case .baidu: #","platform":"web","referrer":"www.baidu.com""#
        case .mail: #","platform":"web","utm_source":"newsletter","utm_medium":"email""#
        case .miniProgram: #","platform":"mini_program""#
        case .direct: #","platform":"web""#
        }
    }

    /// How often people first hear of the shop there, and how often they come back that way.
    static let introducing = Weights([30, 16, 22, 14, 10, 2, 4, 2])
    static let returning = Weights([8, 5, 8, 14, 18, 12, 20, 15])
    /// How much a touch of the channel weighs when one of a path's is drawn as its cause.
    static let pull = [6, 4, 9, 4, 2, 3, 1, 1]
    /// Fruitless visits for each path, in per cent.
    static let idlePercent = 70
}

private struct Touch {
    let channel: TouchChannel
    /// Before the order was placed.
    let earlierMilliseconds: Int64
}

private struct TouchCourse {
    private(set) var touches: [Touch] = []
    private(set) var cause: TouchChannel?

    private static let mostReturns = 5
    private static let untouched = Share(0.06)
    private static let comesBack = Share(0.55)
    private static let gap = DelayCurve([(0, 60), (40, 3_600), (75, 86_400), (95, 5 * 86_400), (100, 14 * 86_400)])

    init(_ draws: inout DrawStream) {
        guard !draws.chance(TouchCourse.untouched) else { return }
        touches = TouchCourse.way(&draws)
        let pulls = Weights(touches.map { TouchChannel.pull[$0.channel.rawValue] })
        cause = touches[draws.draw(pulls)].channel
    }

    /// The touches of somebody who came by and never bought; often nobody.
    static func fruitless(_ draws: inout DrawStream, _ truth: inout TouchTruth) -> [Touch] {
        guard draws.below(100) < TouchChannel.idlePercent else { return [] }
        let touches = way(&draws)
        truth.fruitlessPathCount += 1
        truth.touchCount += touches.count
        return touches
    }

    /// From the first one to the last.
    private static func way(_ draws: inout DrawStream) -> [Touch] {
        var channels = [TouchChannel.allCases[draws.draw(TouchChannel.introducing)]]
        while channels.count <= mostReturns, draws.chance(comesBack) {
            channels.append(TouchChannel.allCases[draws.draw(TouchChannel.returning)])
        }
        var earlier: Int64 = 0
        var touches: [Touch] = []
        for channel in channels.reversed() {
            earlier += draws.draw(gap)
            touches.append(Touch(channel: channel, earlierMilliseconds: earlier))
        }
        return touches.reversed()
    }
}

extension TouchTruth {
    fileprivate mutating func count(_ course: TouchCourse, isPaid: Bool) {
        touchCount += course.touches.count
        guard isPaid else { return }
        guard let cause = course.cause else {
            untouchedOrderCount += 1
            return
        }
        touchedOrderCount += 1
        causedOrderCounts[cause.name, default: 0] += 1
    }
}

extension EventLines {
    /// Hands out what was written where there is no room for another line.
    fileprivate mutating func drain<Failure: Error>(
        to sink: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        guard writer.isFull else { return }
        try writer.withBytes(sink)
        writer.clear()
    }

    fileprivate mutating func writeTouch(_ touch: Touch, _ place: Int, ofOrder plan: OrderPlan, isFruitless: Bool) {
        let moment = plan.placedMilliseconds - touch.earlierMilliseconds
        func id(_ lines: inout EventLines) {
            lines.writer.text(isFruitless ? "v" : "t")
            lines.writer.digits(Int64(plan.number), width: 10)
            lines.writer.digits(Int64(place), width: 2)
        }
        writer.beginLine()
        writer.text(#"{"specversion":"1.0","id":""#)
        id(&self)
        writer.text(#"","source":"site","type":"touch.recorded","time":""#)
        writer.time(moment, .milliseconds)
        writer.text(#"","data":{"touch_id":""#)
        id(&self)
        writer.text(#"","touched_at":""#)
        writer.time(moment, .seconds)
        writer.text(#"","kind":"click","buyer_id":""#)
        if isFruitless {
            writer.text("v")
            writer.digits(Int64(plan.number), width: 10)
        } else {
            writer.text("b")
            writer.digits(People.accountCode(plan.buyer.account), width: 9)
        }
        writer.byte(UInt8(ascii: "\""))
        writer.text(touch.channel.signs)
        writer.text("}}")
        writer.endLine()
    }
}
