import CaliberCore

/// What would be if some edges were not there.
package struct CutReport: Hashable, Sendable {
    package let edgeCount: Int
    /// Persons that fall apart or change their id, in the order of their ids.
    package let persons: [ChangedPerson]
    /// Nodes whose person changes, with its code before and after, in the order of codes.
    package let moves: [Move]

    package struct ChangedPerson: Hashable, Sendable {
        package let before: PersonID
        /// The persons that its nodes belong to then, in the order of ids.
        package let after: [PersonID]
        /// Accounts that leave for a person of another id.
        package let movedAccounts: [NodeName]
    }

    package struct Move: Hashable, Sendable {
        package let node: UInt32
        package let before: UInt32
        package let after: UInt32
    }
}

extension IdentityGraph {
    /// What a cut would do, without doing it.
    ///
    /// - Complexity: proportional to the components that have such edges; for a rule or a weight, to look for them, to all edges.
    package func cutReport(of selection: EdgeSelection) -> CutReport {
        let selected = Set(edges(of: selection).filter { edges.records.base[Int($0)].flags.contains(.active) })
        var moves: [CutReport.Move] = []
        for root in Set(selected.map { root(of: edges.records.base[Int($0)].one) }) {
            var members: [UInt32] = []
            forEachMember(of: root) { members.append($0) }
            let resolution = ComponentResolution(of: members, in: self) { selected.contains($0) }
            for (place, member) in members.enumerated() where personCode(of: member) != resolution.persons[place] {
                moves.append(
                    CutReport.Move(node: member, before: personCode(of: member), after: resolution.persons[place]))
            }
        }
        moves.sort { $0.node < $1.node }
        return CutReport(edgeCount: selected.count, persons: changedPersons(moves), moves: moves)
    }

    private func changedPersons(_ moves: [CutReport.Move]) -> [CutReport.ChangedPerson] {
        Dictionary(grouping: moves, by: \.before).map { before, moves in
            var after = Set(moves.map { id(ofPerson: $0.after) })
            let moved = Set(moves.map(\.node))
            if members(ofPersonOf: before).contains(where: { !moved.contains($0) }) {
                after.insert(id(ofPerson: before))
            }
            let accounts = moves.map(\.node).filter {
                nodes.kinds.rule(nodes.records.base[Int($0)].kind).role == .account
            }
            return CutReport.ChangedPerson(
                before: id(ofPerson: before), after: after.sorted { $0.description < $1.description },
                movedAccounts: accounts.map { name(of: $0) }.sorted { $0.precedes($1) })
        }.sorted { $0.before.description < $1.before.description }
    }

    private func edges(of selection: EdgeSelection) -> [UInt32] {
        switch selection {
        case .edge(let oneName, let otherName, let rule):
            guard let one = node(of: oneName), let other = node(of: otherName) else { return [] }
            var found: [UInt32] = []
            forEachEdge(of: one) { edge, record in
                guard record.pointee.end(beside: one) == other, !record.pointee.flags.contains(.merge) else { return }
                if rule.map({ $0 == edges.rules[Int(record.pointee.rule)] }) ?? true { found.append(edge) }
            }
            return found
        case .rule(let name):
            guard let rule = edges.ruleCode(named: name) else { return [] }
            return (0..<UInt32(edges.count)).filter {
                let record = edges.records.base[Int($0)]
                return record.rule == rule && !record.flags.contains(.merge)
            }
        case .weakerThan(let weight):
            return (0..<UInt32(edges.count)).filter {
                let record = edges.records.base[Int($0)]
                return record.flags.isDisjoint(with: [.strong, .merge]) && undecayedWeight($0) < weight
            }
        }
    }
}
