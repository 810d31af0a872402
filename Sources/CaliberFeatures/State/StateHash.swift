import CXXHash
import CaliberDictionary

extension FeaturePlan {
    /// The same for plans whose streams have the same state: over everything that the set says.
    package var stateHash: String {
        var text = definition.table
        for feature in definition.features { text += "\n\(feature.name): \(feature.meaning)" }
        for moment in definition.moments {
            text +=
                "\nmoment \(moment.name) \(moment.contract) \(moment.condition?.canonicalText ?? "") \(moment.trains)"
        }
        for fact in definition.facts {
            text += "\nfact \(fact.name) \(fact.contract) \(fact.condition?.canonicalText ?? "")"
            text += fact.values.map { " \($0.name) = \($0.expression.canonicalText)" }.joined()
        }
        text += "\nclosed \(definition.closed?.canonicalText ?? "")"
        text += "\nentities " + definition.entities.map { "\($0.name) \($0.column)" }.joined(separator: ", ")
        text += "\nrows " + rows.text
        return text.withUTF8 { bytes in
            let hash = XXH3_128bits(bytes.baseAddress, bytes.count)
            return String(hash.high64, radix: 16) + "-" + String(hash.low64, radix: 16)
        }
    }
}

extension RowPlan {
    /// Which columns are kept, and how events change them.
    var text: String {
        let columns = slots.map { "\($0.name) \($0.type.name)" }.joined(separator: ", ")
        let folded = folds.keys.sorted().map { contract -> String in
            let fold = folds[contract] ?? RowFolds()
            let conditions = fold.conditions.map(\.canonicalText).joined(separator: "; ")
            let orders = fold.orders.map { order in
                "\(order.isLast) \(order.condition ?? -1) " + order.columns.map { "\($0.slot) \($0.field)" }.joined()
            }
            let aggregates = fold.aggregates.map { "\($0.kind) \($0.slot) \($0.condition ?? -1)" }
            return "\(contract): \(conditions) | \(orders) | \(aggregates)"
        }
        return columns + "; " + folded.joined(separator: "; ")
    }
}
