import CaliberRegression

extension Scorer {
    static let alternativeLimit = 4

    /// The smallest change back to the review line, in closed form feature by feature; nil for an order that is over it.
    ///
    /// Only columns declared actionable are changed, or all where none is declared so. Values stay within their declared
    /// bounds and steps, and change only for what is declared the better. Where no single change is enough, changes are taken greedily by what they can gain, which needs
    /// the fewest of them, as gains add up.
    ///
    /// - Complexity: O(columns), and O(columns · log columns) for sets.
    public func wayBack(_ values: [Double], rawLogOdds: Double) -> WayBack? {
        let before = health(rawLogOdds: rawLogOdds)
        guard before.needsReview else { return nil }
        let goal = goal
        let moves = moves(of: values)
        let singles = moves.compactMap { move -> WayBack.Change? in
            guard let step = move.step(from: rawLogOdds, to: goal) else { return nil }
            let change = change(move, step, rawLogOdds)
            return change.healthAfter.needsReview ? nil : change
        }.sorted { ($0.deviations, $0.id) < ($1.deviations, $1.id) }
        if let smallest = singles.first {
            return WayBack(
                kind: .single, changes: [smallest],
                alternatives: Array(singles.dropFirst().prefix(Scorer.alternativeLimit)),
                healthAfter: smallest.healthAfter)
        }
        return severalChanges(moves, from: rawLogOdds, to: goal, before: before)
    }

    /// Health 60 exactly, and what is rounded up to it: enough for what can't be set finely.
    private var goal: Move.Goal {
        let halfHundredth = 0.5 / scale.hundredthsPerLogOdds
        return Move.Goal(
            exact: calibration.rawLogOdds(scale.reviewLogOdds),
            rounded: calibration.rawLogOdds(scale.reviewLogOdds + 0.999 * halfHundredth))
    }

    private func severalChanges(
        _ moves: [Move], from rawLogOdds: Double, to goal: Move.Goal, before: Health
    ) -> WayBack {
        let furthest = moves.compactMap { move in move.furthest.map { (move: move, step: $0) } }
            .filter { $0.step.gain > 0 }.sorted { ($1.step.gain, $0.move.id) < ($0.step.gain, $1.move.id) }
        var changes: [WayBack.Change] = []
        var reached = rawLogOdds
        for (move, limit) in furthest {
            if let step = move.step(from: reached, to: goal) {
                let last = change(move, step, reached)
                if !last.healthAfter.needsReview {
                    return WayBack(
                        kind: .several, changes: changes + [last], alternatives: [], healthAfter: last.healthAfter)
                }
            }
            changes.append(change(move, limit, reached))
            reached -= limit.gain
        }
        return WayBack(
            kind: .unreachable, changes: changes, alternatives: [],
            healthAfter: changes.last?.healthAfter ?? before)
    }

    private func change(_ move: Move, _ step: Move.Step, _ rawLogOdds: Double) -> WayBack.Change {
        WayBack.Change(
            id: move.id, from: move.from, to: step.to, fromLevel: move.fromLevel, toLevel: step.toLevel,
            deviations: step.deviations, healthAfter: health(rawLogOdds: rawLogOdds - step.gain),
            isBeyondTraining: step.isBeyondTraining, unit: move.unit)
    }

    private func moves(of values: [Double]) -> [Move] {
        let anyIsActionable = schema.columns.contains(where: \.isActionable)
        return groups.flatMap { group -> [Move] in
            let open = group.columns.filter { !anyIsActionable || schema.columns[$0].isActionable }
            let levels = open.filter { schema.columns[$0].level != nil }
            let category = categoryMove(group, levels, values)
            return (category.map { [$0] } ?? [])
                + open.filter { schema.columns[$0].level == nil }.compactMap { valueMove($0, values[$0]) }
        }
    }

    private func valueMove(_ column: Int, _ value: Double) -> Move? {
        let term = model.terms[column]
        guard term.weight != 0, term.weight.isFinite, term.deviation > 0 else { return nil }
        // A weight may stand against what everyone knows, as the other side of another column's: no advice comes of it.
        switch schema.columns[column].better {
        case .lower where term.weight < 0, .higher where term.weight > 0: return nil
        default: break
        }
        return Move(
            value: value, of: schema.columns[column], term: term, contribution: contribution(of: column, value),
            observed: observedRanges[column])
    }

    /// Another level in place of the one that the order has; nil where it has none, or more than one.
    private func categoryMove(_ group: ColumnGroup, _ levels: [Int], _ values: [Double]) -> Move? {
        let active = group.columns.filter { isActiveLevel($0, values) }
        guard active.count == 1, let current = active.first, levels.contains(current) else { return nil }
        func slope(_ column: Int) -> Double { model.terms[column].weight / model.terms[column].deviation }
        let steps = levels.filter { $0 != current }.map { column in
            Move.Step(
                gain: slope(current) - slope(column), to: nil, toLevel: schema.columns[column].level,
                deviations: 1 / model.terms[current].deviation + 1 / model.terms[column].deviation,
                isBeyondTraining: observedRanges[column].map { !$0.contains(1) } ?? false)
        }
        return Move(levels: steps, of: group.id, from: schema.columns[current].level)
    }
}
