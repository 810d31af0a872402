/// Which faults are injected into a simulated stream, and how many of each.
public struct FaultSettings: Hashable, Sendable {
    // Of all orders.
    /// Entered a second time within ten seconds.
    public var duplicateOrderShare = 0.006

    // Of the parcels.
    /// The event of the parcel breaks its contract or its carrier's form of numbers, in one of `TrackingBreak`'s ways.
    public var trackingBreakShare = 0.004

    // Of the orders that go bad.
    /// Never move on, each for one of `StuckCause`'s causes.
    public var stuckShare = 0.08
    /// Refunded by hand, which no event tells; the ERP's ledger does.
    public var offlineRefundNotSyncedShare = 0.04

    // Of the orders with several lines and a discount.
    /// The whole discount stands at the first line.
    public var discountAllocatedWholeShare = 0.1

    // Of the orders in a foreign currency.
    /// No exchange rate was locked.
    public var rateNotLockedShare = 0.15

    // In two weeks; the last of them may fall into a shorter span.
    public var channelsGoneBad = 1.0
    public var paymentFailureBursts = 2.0
    public var slowCarriers = 1.0
    public var oversoldSKUs = 8.0
    /// Hours in which cards are tested: many orders and failed payments from few devices.
    public var cardTestingBursts = 5.0

    /// All of them, each as often as its default says.
    public static let all = FaultSettings()

    /// No fault at all.
    public static let none: FaultSettings = {
        var settings = FaultSettings()
        for (_, path) in names { settings[keyPath: path] = 0 }
        return settings
    }()

    /// Every setting by its name in a file.
    public static let names: [(name: String, path: any WritableKeyPath<FaultSettings, Double> & Sendable)] = [
        ("duplicate_order_share", \.duplicateOrderShare),
        ("tracking_break_share", \.trackingBreakShare),
        ("stuck_share", \.stuckShare),
        ("offline_refund_not_synced_share", \.offlineRefundNotSyncedShare),
        ("discount_allocated_whole_share", \.discountAllocatedWholeShare),
        ("rate_not_locked_share", \.rateNotLockedShare),
        ("channels_gone_bad", \.channelsGoneBad),
        ("payment_failure_bursts", \.paymentFailureBursts),
        ("slow_carriers", \.slowCarriers),
        ("oversold_skus", \.oversoldSKUs),
        ("card_testing_bursts", \.cardTestingBursts),
    ]
}

/// The kinds of injected faults, as the truth names them.
public enum FaultKind: String, CaseIterable, Hashable, Sendable, Comparable {
    case duplicateOrder = "duplicate_order"
    case stuck
    case trackingBreak = "tracking_break"
    case paymentFailures = "payment_failures"
    case slowCarrier = "slow_carrier"
    case channelGoneBad = "channel_gone_bad"
    case oversold
    case cardTesting = "card_testing"
    case offlineRefundNotSynced = "offline_refund_not_synced"
    case discountAllocatedWhole = "discount_allocated_whole"
    case rateNotLocked = "rate_not_locked"
    case depositCountedAsSale = "deposit_counted_as_sale"
    case missingInLedger = "missing_in_ledger"
    case amountDiffersInLedger = "amount_differs_in_ledger"

    public static func < (left: FaultKind, right: FaultKind) -> Bool { left.rawValue < right.rawValue }
}

/// Why an order does not move on.
public enum StuckCause: String, CaseIterable, Hashable, Sendable {
    /// The approval is there, and no change of state followed it.
    case approvedWithoutEvent = "approved_without_event"
    /// Approved by a role that may not.
    case wrongApproverRole = "wrong_approver_role"
    /// The change of state was tried and failed, with a code.
    case transitionFailed = "transition_failed"
    /// Two rules hold each other up.
    case blockedByRule = "blocked_by_rule"
    /// An outside system's code has no meaning here.
    case codeNotMapped = "code_not_mapped"
}

/// What is wrong with a tracking number.
public enum TrackingBreak: String, CaseIterable, Hashable, Sendable {
    case fullWidthDigit = "full_width_digit"
    case fullWidthSpace = "full_width_space"
    /// A zero-width space, which nobody sees.
    case invisibleCharacter = "invisible_character"
    case wrongLength = "wrong_length"
    /// Well formed, with another carrier's letters: its contract lets it pass.
    case wrongPrefix = "wrong_prefix"

    /// As what its event is refused; nil for one that is accepted.
    var malformed: MalformedKind? {
        switch self {
        case .fullWidthDigit: .fullWidthDigit
        case .fullWidthSpace: .fullWidthSpace
        case .invisibleCharacter: .invisibleCharacter
        case .wrongLength: .wrongLength
        case .wrongPrefix: nil
        }
    }
}
