import CaliberCore
import CaliberDictionary

/// What a watch found, or found to be over.
package struct Finding: Sendable, Equatable {
    package struct Fact: Sendable, Equatable {
        package let name: String
        package let value: String
    }

    package let watch: WatchDefinition
    /// The row's key; of a streak the value of its group, empty where it has none.
    package let subject: String
    package let openedAt: Timestamp
    /// nil while it is so.
    package let closedAt: Timestamp?
    package let title: String
    package let summary: String?
    /// The first cause that holds.
    package let cause: String?
    /// Of the cause first.
    package let advice: [String]
    package let labels: [String: String]
    package let facts: [Fact]
    /// Whether it was found before and is worse by now: nothing that anybody is to be told again, but that a ticket knows.
    package let isWorse: Bool
    /// What a ticket shows, of watches that open one. nil where the row has no score.
    package let healthHundredths: Int?
    /// The score's reasons, as `order.scored` has them.
    package let explanation: String?

    init(
        watch: WatchDefinition, subject: String, openedAt: Timestamp, closedAt: Timestamp?, title: String,
        summary: String?, cause: String?, advice: [String], labels: [String: String], facts: [Fact],
        isWorse: Bool = false, healthHundredths: Int? = nil, explanation: String? = nil
    ) {
        self.watch = watch
        self.subject = subject
        self.openedAt = openedAt
        self.closedAt = closedAt
        self.title = title
        self.summary = summary
        self.cause = cause
        self.advice = advice
        self.labels = labels
        self.facts = facts
        self.isWorse = isWorse
        self.healthHundredths = healthHundredths
        self.explanation = explanation
    }

    /// Of a row without a score.
    package static let perfectHealthHundredths = 10_000
}

/// What a watch knows from one look to the next.
package struct WatchMemory: Sendable, Equatable {
    /// What fires, since when.
    package var open: [String: Timestamp] = [:]
    /// What is over, and since when: nothing new of it while it cools down.
    package var cooling: [String: Timestamp] = [:]
    package var streaks: [String: Streak] = [:]
    /// What the tickets of open rows say of their health, in hundredths, of watches that open tickets.
    package var ticketHealth: [String: Int] = [:]

    /// The rows in a row of one group.
    package struct Streak: Sendable, Equatable {
        /// Of the last row that was counted, on the clock that the streak goes by.
        package var last: Timestamp
        /// How many of the last rows in a row the watch is for.
        package var count = 0
        /// How many of them say that it is over.
        package var endCount = 0

        package init(last: Timestamp, count: Int = 0, endCount: Int = 0) {
            self.last = last
            self.count = count
            self.endCount = endCount
        }
    }

    package init() {}
}
