/// Who buys: people in households, with accounts on several channels and devices of their own and shared ones.
///
/// Everything about a person follows from the person's number. Numbers are dense, so that what is counted by them needs
/// no lookup; in events they are written so that nothing can be read off them.
struct People {
    /// People who come of themselves; those of card-testing bursts have the numbers after them.
    let personCount: Int
    let householdCount: Int
    let channelCount: Int
    let accountCount: Int
    let addressCount: Int
    let deviceCount: Int
    private let seed: UInt64
    private let tabletsPerStore: Int
    private let firstTablet: Int
    private let firstBurstDevice: Int
    private let homeChannelShare = Share(0.75)
    private let cityUnknownShare = Share(0.12)
    private let provinceWeights = Weights(Vocabulary.provinces.map(\.weight))
    private let cityCounts = Vocabulary.provinces.map(\.cities.count)

    static let devicesPerPerson = 3
    /// Orders in a row, a part of which comes from one device of a burst.
    static let ordersPerBurstDevice = 24
    private static let ordersPerBurstPerson = 4
    private static let storeLimit = 16

    init(_ settings: SimulationSettings) {
        seed = settings.seed
        channelCount = settings.channels.count
        personCount = max(1, Int(Double(settings.orderCount) * settings.buyerShare))
        householdCount = personCount * 7 / 10 + 1
        accountCount = (personCount + settings.orderCount / People.ordersPerBurstPerson + 1) * channelCount
        let burstDeviceCount = settings.orderCount / People.ordersPerBurstDevice + 1
        addressCount = householdCount + burstDeviceCount
        tabletsPerStore = 1 + settings.orderCount / settings.dayCount / 24 / 60
        firstTablet = personCount * People.devicesPerPerson + householdCount
        firstBurstDevice = firstTablet + channelCount * People.storeLimit * tabletsPerStore
        deviceCount = firstBurstDevice + burstDeviceCount
    }

    /// Few people order often and many once: a product of two even draws.
    func drawPerson(_ draws: inout DrawStream) -> Int {
        let skewed = draws.next().multipliedFullWidth(by: draws.next()).high
        return Int(skewed.multipliedFullWidth(by: UInt64(personCount)).high)
    }

    func burstPerson(ofOrder number: Int) -> Int { personCount + number / People.ordersPerBurstPerson }

    /// Most people keep to one channel most of the time.
    func channel(ofPerson person: Int, _ weights: Weights, _ draws: inout DrawStream) -> Int {
        guard draws.chance(homeChannelShare) else { return draws.draw(weights) }
        var own = DrawStream(seed: seed, .buyer, number: person)
        return own.draw(weights)
    }

    /// - Parameter burst: the order whose number says which device of a burst it is; nil outside bursts.
    func buyer(
        person: Int, channel: Int, store: Int, inShop: Bool, burst: Int?, _ draws: inout DrawStream
    ) -> OrderPlan.Buyer {
        let household =
            Int(
                (DrawStream.mix(seed &+ UInt64(person)) >> 11).multipliedFullWidth(by: UInt64(householdCount) << 11)
                    .high)
        var home = DrawStream(seed: seed, .household, number: household)
        let province = home.draw(provinceWeights)
        let city = home.below(cityCounts[province])
        var buyer = OrderPlan.Buyer()
        buyer.person = person
        buyer.account = person * channelCount + channel
        buyer.province = province
        buyer.city = home.chance(cityUnknownShare) ? nil : city
        let point = draws.below(100)
        if let burst {
            buyer.device = firstBurstDevice + burst / People.ordersPerBurstDevice
            buyer.address = householdCount + burst / People.ordersPerBurstDevice
        } else {
            buyer.device = device(person: person, household: household, point: point)
            buyer.address = household
            if inShop, point < 60 {
                let tablet = (channel * People.storeLimit + store % People.storeLimit) * tabletsPerStore
                buyer.device = firstTablet + tablet + draws.below(tabletsPerStore)
            }
        }
        return buyer
    }

    /// Mostly the own telephone, at times another device, seldom the one that the household shares.
    private func device(person: Int, household: Int, point: Int) -> Int {
        switch point {
        case ..<80: person * People.devicesPerPerson
        case ..<90: person * People.devicesPerPerson + 1
        case ..<93: person * People.devicesPerPerson + 2
        default: personCount * People.devicesPerPerson + household
        }
    }
}

/// How numbers are written in events: one to one, and telling nothing.
extension People {
    /// Nine digits.
    static func accountCode(_ account: Int) -> Int64 { Int64((account &* 387_420_489 &+ 271_828_183) % 1_000_000_000) }

    func deviceCode(_ device: Int) -> UInt64 { DrawStream.mix(seed ^ 0x6465_7669_6365 ^ UInt64(device) << 20) }
    func addressCode(_ address: Int) -> UInt64 { DrawStream.mix(seed ^ 0x6164_6472_6573 ^ UInt64(address) << 20) }
    func phoneCode(ofPerson person: Int) -> UInt64 { DrawStream.mix(seed ^ 0x7068_6F6E_6500 ^ UInt64(person) << 20) }
    /// A person's account with a payment method.
    func payerCode(ofPerson person: Int, method: Int) -> UInt64 {
        DrawStream.mix(seed ^ 0x7061_7965_7200 ^ UInt64(person * 8 + method) << 20)
    }
}
