import CaliberSimulator
import Testing

/// Who buys, and when what was recorded.
@Suite struct PeopleTests {
    private let shop = TroubledShop.shared

    @Test func `a person has accounts on several channels, and an account belongs to one person`() {
        let personOfAccount = Dictionary(grouping: shop.orderTruths, by: \.buyerId).mapValues { Set($0.map(\.person)) }
        #expect(personOfAccount.values.allSatisfy { $0.count == 1 })
        let accounts = Dictionary(grouping: shop.orderTruths, by: \.person).mapValues { Set($0.map(\.buyerId)) }
        #expect(accounts.values.count { $0.count > 1 } > 300)
        let channels = Dictionary(grouping: shop.orderTruths, by: \.buyerId).mapValues { Set($0.map(\.channel)) }
        #expect(channels.values.allSatisfy { $0.count == 1 })
    }

    @Test func `devices and addresses are shared by some people, telephones by none`() {
        var peopleOf: [String: [String: Set<String>]] = [:]
        let person = Dictionary(uniqueKeysWithValues: shop.orderTruths.map { ($0.orderId, $0.person) })
        for event in shop.events where event.type == "order.created" {
            for field in ["device", "address", "phone"] {
                guard let value = event[field] else { continue }
                peopleOf[field, default: [:]][value, default: []].insert(person[event.order] ?? "")
            }
        }
        #expect(peopleOf["device"]?.values.count { $0.count > 1 } ?? 0 > 20)
        #expect(peopleOf["address"]?.values.count { $0.count > 1 } ?? 0 > 100)
        #expect(peopleOf["phone"]?.values.allSatisfy { $0.count == 1 } == true)
        let devices = Dictionary(grouping: shop.events.filter { $0.type == "order.created" }) {
            person[$0.order] ?? ""
        }
        #expect(devices.values.count { Set($0.compactMap { $0["device"] }).count > 1 } > 200)
    }

    @Test func `events say when they were recorded, and come in that order`() throws {
        var last = Int64.min
        for event in shop.events {
            let recorded = try #require(event.recorded, "\(event.id)")
            #expect(recorded >= event.happened)
            guard !event.type.hasSuffix(".listed"), event.type != "stock.counted" else { continue }
            #expect(recorded >= last, "\(event.id)")
            last = recorded
        }
    }

    @Test func `some orders come in two parcels, of which both arrive`() {
        let sent = Dictionary(grouping: shop.events.filter { $0.type == "shipment.created" }, by: \.order)
        let split = sent.filter { $0.value.count == 2 }
        #expect(split.count > 200)
        for (order, parcels) in split { #expect(Set(parcels.compactMap { $0["tracking_no"] }).count == 2, "\(order)") }
        let received = Dictionary(grouping: shop.events.filter { $0.type == "shipment.delivered" }, by: \.order)
        #expect(split.keys.count { received[$0]?.count == 2 } > split.count * 9 / 10)
    }
}
