/// Everything that one order is and that happens to it, as its number decides.
struct OrderPlan {
    var number = 0
    /// UTC milliseconds.
    var placedMilliseconds: Int64 = 0
    var promisedMilliseconds: Int64 = 0
    var channel = 0
    var store = 0
    var buyer = Buyer()
    var sku = 0
    var quantity = 1
    var discountMinor: Int64 = 0
    var freightMinor: Int64 = 0
    /// What the buyer is to pay: goods less discount, and freight. 0 for a gift.
    var amountMinor: Int64 = 0
    /// What the goods cost by the list.
    var goodsMinor: Int64 = 0
    var isGift = false
    var isDeposit = false
    var promotion = Promotion.none
    /// An index into the everyday campaigns, outside promotions.
    var ordinaryCampaign: Int?
    var trafficSource = 0
    var paymentMethod = 0
    var carrier = 0
    var warehouse = 0

    /// In the order in which they happen.
    var events: [PlannedEvent] = []

    struct Buyer {
        var number = 0
        var province = 0
        /// nil: the buyer gave no city.
        var city: Int?
        var device: UInt64 = 0
    }

    mutating func add(_ happening: Happening, at milliseconds: Int64) {
        events.append(PlannedEvent(happening: happening, happenedMilliseconds: milliseconds))
    }
}

/// One event of an order, and how it is delivered.
struct PlannedEvent {
    let happening: Happening
    let happenedMilliseconds: Int64
    var arrivesMilliseconds: Int64 = 0
    /// When the same line arrives again.
    var repeatArrivesMilliseconds: Int64?
    var isLate = false
    var malformed: MalformedKind?

    init(happening: Happening, happenedMilliseconds: Int64) {
        self.happening = happening
        self.happenedMilliseconds = happenedMilliseconds
    }
}

enum Happening {
    case orderCreated
    case stockReserved
    case paymentCallback(PaymentStage, succeeded: Bool, amountMinor: Int64, attempt: Int)
    case stateChanged(from: OrderState, to: OrderState, by: Actor)
    case shipmentCreated
    case shipmentDelivered
    case refundSettled(amountMinor: Int64, route: RefundRoute)

    /// The contract.
    var type: EventType {
        switch self {
        case .orderCreated: .orderCreated
        case .stockReserved: .stockReserved
        case .paymentCallback: .paymentCallback
        case .stateChanged: .orderStateChanged
        case .shipmentCreated: .shipmentCreated
        case .shipmentDelivered: .shipmentDelivered
        case .refundSettled: .refundSettled
        }
    }
}

/// The contracts whose events are simulated.
public enum EventType: String, Hashable, Sendable, CaseIterable {
    case productListed = "product.listed"
    case priceListed = "price.listed"
    case orderCreated = "order.created"
    case stockReserved = "stock.reserved"
    case paymentCallback = "payment.callback"
    case orderStateChanged = "order.state_changed"
    case shipmentCreated = "shipment.created"
    case shipmentDelivered = "shipment.delivered"
    case refundSettled = "refund.settled"
}

enum PaymentStage {
    case full, deposit, final

    var name: StaticString {
        switch self {
        case .full: "full"
        case .deposit: "deposit"
        case .final: "final"
        }
    }
}

enum OrderState {
    case pendingPayment, depositPaid, paid, pendingReview, shipped, delivered, completed, cancelled, refunding, refunded

    var name: StaticString {
        switch self {
        case .pendingPayment: "pending_payment"
        case .depositPaid: "deposit_paid"
        case .paid: "paid"
        case .pendingReview: "pending_review"
        case .shipped: "shipped"
        case .delivered: "delivered"
        case .completed: "completed"
        case .cancelled: "cancelled"
        case .refunding: "refunding"
        case .refunded: "refunded"
        }
    }
}

/// Who moved an order to its next state.
enum Actor {
    case system, buyer, merchant, risk, warehouse, carrier

    var name: StaticString {
        switch self {
        case .system: "system"
        case .buyer: "buyer"
        case .merchant: "merchant"
        case .risk: "risk"
        case .warehouse: "warehouse"
        case .carrier: "carrier"
        }
    }
}

enum RefundRoute {
    case original, balance, offline

    var name: StaticString {
        switch self {
        case .original: "original"
        case .balance: "balance"
        case .offline: "offline"
        }
    }
}
