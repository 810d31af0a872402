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
    /// An index into the foreign currencies; nil: the buyer pays in the shop's own.
    var currency: Int?
    var isRateLocked = true
    /// Pieces of each line; empty when the order has one.
    var lines: [Int] = []
    var isDiscountAllocated = true
    /// What is left to sell after this order's reservation, of a SKU that runs out.
    var stockLeft: Int?
    /// The place of the period in which its SKU runs out; nil outside such periods.
    var shortage: Int?
    /// When the order was placed that this one repeats.
    var twinPlacedMilliseconds: Int64 = 0

    /// The place of the first successful payment callback, at which it is decided whether the order goes bad.
    var paidPlace: Int?
    /// Events before this place happen whatever is decided.
    var fatePlace = 0
    var badWay: BadWay?
    var stuckCause: StuckCause?

    /// In the order in which they are told; a few happen before those told before them.
    var events: [PlannedEvent] = []
    var faults: [PlannedFault] = []

    struct Buyer {
        var person = 0
        var account = 0
        var device = 0
        var address = 0
        var province = 0
        /// nil: the buyer gave no city.
        var city: Int?
    }

    /// Forgets all but the storage of its lists.
    mutating func clear() {
        currency = nil
        isRateLocked = true
        lines.removeAll(keepingCapacity: true)
        isDiscountAllocated = true
        stockLeft = nil
        shortage = nil
        paidPlace = nil
        fatePlace = 0
        badWay = nil
        stuckCause = nil
        events.removeAll(keepingCapacity: true)
        faults.removeAll(keepingCapacity: true)
    }

    var firstFailedPayment: Int? {
        events.firstIndex {
            if case .paymentCallback(_, succeeded: false, _, _) = $0.happening { true } else { false }
        }
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
    /// What is wrong with its tracking number although its contract lets it pass.
    var hasWrongPrefix = false

    init(happening: Happening, happenedMilliseconds: Int64) {
        self.happening = happening
        self.happenedMilliseconds = happenedMilliseconds
    }
}

enum Happening {
    case orderCreated
    case stockReserved
    case lineAdded(Int)
    case paymentCallback(PaymentStage, succeeded: Bool, amountMinor: Int64, attempt: Int)
    case stateChanged(from: OrderState, to: OrderState, by: Actor)
    case approved(by: ApproverRole)
    case transitionRefused(from: OrderState, to: OrderState, StuckCause)
    case shipmentCreated(parcel: Int)
    case shipmentDelivered(parcel: Int)
    case refundSettled(amountMinor: Int64, route: RefundRoute)

    /// The contract.
    var type: EventType {
        switch self {
        case .orderCreated: .orderCreated
        case .stockReserved: .stockReserved
        case .paymentCallback: .paymentCallback
        case .lineAdded: .orderLineAdded
        case .stateChanged: .orderStateChanged
        case .approved: .orderApproved
        case .transitionRefused: .orderTransitionRefused
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
    case orderLineAdded = "order.line_added"
    case stockCounted = "stock.counted"
    case stockReserved = "stock.reserved"
    case paymentCallback = "payment.callback"
    case orderStateChanged = "order.state_changed"
    case orderApproved = "order.approved"
    case orderTransitionRefused = "order.transition_refused"
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

/// Who approved an order that was held for review.
enum ApproverRole {
    case riskOfficer, warehouseClerk

    var name: StaticString {
        switch self {
        case .riskOfficer: "risk_officer"
        case .warehouseClerk: "warehouse_clerk"
        }
    }
}

/// A fault injected into an order, for the truth.
struct PlannedFault {
    let kind: FaultKind
    /// More closely what: a stuck order's cause, a tracking number's break, a period's target.
    var detail: String?
    /// The place of the event that shows it, where one does.
    var place: Int?
    /// The order that it repeats.
    var twin: Int?
    var amountMinor: Int64 = 0
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
