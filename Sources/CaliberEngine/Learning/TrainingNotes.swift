import CaliberRegression
import CaliberScoring
import Foundation

/// What preparation and fit have to say of the columns, by their names: a few sentences, however many columns there are.
package struct TrainingNotes {
    package let texts: [String]

    /// Sentences of one kind, and names in one sentence.
    package static let sentenceLimit = 5
    static let nameLimit = 3

    /// - Parameters:
    ///   - preparation, fit: of the same columns; no fit has nothing to say.
    ///   - names: one a raw column.
    package init(_ preparation: DesignPreparation, fit: [FittingNote], names: [String]) {
        var texts = TrainingNotes.leftOut(preparation, names)
        texts += TrainingNotes.missingTogether(preparation, names)
        for note in fit {
            if case .dependentColumns(let dependent) = note {
                texts += TrainingNotes.dependent(dependent, preparation, names)
            } else {
                texts.append(note.text)
            }
        }
        self.texts = texts
    }

    private static func leftOut(_ preparation: DesignPreparation, _ names: [String]) -> [String] {
        var constant: [(column: Int, value: Double)] = []
        var missing: [Int] = []
        for note in preparation.notes {
            switch note {
            case .constant(let column, let value): constant.append((column, value))
            case .allMissing(let column): missing.append(column)
            }
        }
        var texts: [String] = []
        if constant.count <= nameLimit {
            texts += constant.map {
                "\(names[$0.column]) is \(String(format: "%g", $0.value)) wherever it is known: its values are left out."
            }
        } else {
            texts.append(
                "\(constant.count) columns have a single value, and are left out: "
                    + "\(listing(constant.map { names[$0.column] })).")
        }
        if !missing.isEmpty {
            texts.append(
                missing.count == 1
                    ? "\(names[missing[0]]) is never known, and left out."
                    : "\(missing.count) columns are never known, and are left out: \(listing(missing.map { names[$0] }))."
            )
        }
        return texts
    }

    /// One sentence for columns that share an indicator, the largest groups first.
    private static func missingTogether(_ preparation: DesignPreparation, _ names: [String]) -> [String] {
        var sharing: [Int: Int] = [:]
        for column in preparation.columns {
            if let first = column.sharesIndicatorOf { sharing[first, default: 0] += 1 }
        }
        let groups = sharing.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
        let texts = groups.prefix(sentenceLimit).map { first, count in
            "\(count) \(count == 1 ? "column is" : "columns are") missing exactly where \(names[first]) is: its missing "
                + "weight speaks for all of them."
        }
        let more = groups.dropFirst(sentenceLimit)
        guard !more.isEmpty else { return texts }
        let columns = more.reduce(0) { $0 + $1.value }
        return texts + [
            "\(columns) more \(columns == 1 ? "column shares" : "columns share") such a weight with another column."
        ]
    }

    private static func dependent(
        _ columns: [DependentColumn], _ preparation: DesignPreparation, _ names: [String]
    ) -> [String] {
        func name(_ prepared: Int, starting: Bool = false) -> String {
            guard let origin = preparation.origin(ofPrepared: prepared) else { return "column \(prepared)" }
            return (origin.isIndicator ? starting ? "The absence of " : "the absence of " : "") + names[origin.column]
        }
        let texts = columns.prefix(sentenceLimit).map { column in
            let parts = column.others.map { name($0) } + (column.includesConstant ? ["a constant"] : [])
            return "\(name(column.column, starting: true)) is made up of \(listing(parts))."
        }
        let more = columns.count - sentenceLimit
        guard more > 0 else { return texts }
        return texts + [
            more == 1
                ? "1 more column is made up of others; the penalty parts the weight among them."
                : "\(more) more columns are made up of others; the penalty parts the weight among them."
        ]
    }

    /// `a`, `a and b`, `a, b, c and 14 more`.
    private static func listing(_ names: [String]) -> String {
        let more = names.count - nameLimit
        if more > 0 { return names.prefix(nameLimit).joined(separator: ", ") + " and \(more) more" }
        guard let last = names.last, names.count > 1 else { return names.first ?? "nothing" }
        return names.dropLast().joined(separator: ", ") + " and " + last
    }
}

/// A feature that alone tells good orders from bad ones, as hardly anything does that is known beforehand.
package struct TellingFeature {
    package let name: String
    /// Of the feature's levels alone.
    package let areaUnderCurve: Double
    /// A bad row, and what the feature says of it.
    package let key: String
    package let value: Double

    package var text: String {
        let said = value.isNaN ? "not known" : String(format: "%g", value)
        return
            "\(name) alone tells bad orders from good (AUC \(String(format: "%.3f", areaUnderCurve))), as of \(key), "
            + "where it is \(said): if it knows how an order ends, leave it out."
    }

    /// - Parameters:
    ///   - bins: of the columns' values, one a column.
    ///   - rows: that are looked at; some ten thousand tell as much as all.
    package static func all(
        in matrix: DesignMatrix, labels: [Bool], keys: [String], bins: [FrozenBins], names: [String],
        rows: [Int]
    ) -> [TellingFeature] {
        guard let example = rows.first(where: { labels[$0] }) else { return [] }
        return names.indices.compactMap { column in
            // Values that are not known are a level of their own.
            let missing = bins[column].counts.count
            var levels = [(bad: Double, good: Double)](repeating: (0, 0), count: missing + 1)
            for row in rows {
                let value = matrix.row(row)[column]
                let level = value.isNaN ? missing : bins[column].bin(of: value)
                if labels[row] { levels[level].bad += 1 } else { levels[level].good += 1 }
            }
            guard let area = RankedOutcomes.areaUnderCurve(ofLevels: levels), area >= suspiciousArea else { return nil }
            return TellingFeature(
                name: names[column], areaUnderCurve: area, key: keys[example], value: matrix.row(example)[column])
        }
    }

    /// Single features that are known beforehand stay well below; own outcomes are at 0.99.
    private static let suspiciousArea = 0.95
}
