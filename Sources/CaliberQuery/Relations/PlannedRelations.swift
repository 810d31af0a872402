import CaliberDictionary

/// How groups of an answer stand to each other: which are shown, and what columns say about them.
package struct PlannedRelations: Sendable {
    package var top: PlannedTop?
    package var columns: [PlannedRelation] = []

    package init() {}

    package var isEmpty: Bool { top == nil && columns.isEmpty }
}

package struct PlannedTop: Sendable {
    package let count: Int
    /// A position in the plan's metrics.
    package let metric: Int
    /// Positions of dimensions for each of whose values groups are chosen alone.
    package let per: [Int]
    package let showsOthers: Bool
}

/// A column of the answer beside its metrics.
package struct PlannedRelation: Sendable {
    package enum Kind: String, Sendable { case rank, share }

    package let kind: Kind
    package let name: String
    /// A position in the plan's metrics.
    package let metric: Int
    /// Positions of dimensions: groups that agree in them are compared.
    package let within: [Int]
}

extension QueryPlan {
    /// The dimensions that groups are chosen by, which a row of others has no value of.
    var rankedDimensions: [Int] {
        guard let top = relations.top else { return [] }
        return dimensions.indices.filter { !top.per.contains($0) }
    }
}
