import CaliberCore

/// Which addresses messages may be sent to: those of the public internet, and what is allowed by name.
///
/// It is asked about the very address that a connection is about to be made to, after the name was resolved, at each
/// connection. What a name resolved to before doesn't matter.
public struct AddressPolicy: Sendable, Equatable {
    private let networks: [NetworkRange]
    private let hosts: Set<String>

    /// The public internet alone.
    public static let publicOnly = AddressPolicy(networks: [], hosts: [])

    private init(networks: [NetworkRange], hosts: Set<String>) {
        self.networks = networks
        self.hosts = hosts
    }

    /// - Parameters:
    ///   - allowedNetworks: addresses or networks: `10.2.0.0/16`. An address where a cloud keeps credentials is allowed
    ///     only where it stands alone, not by a network that holds it.
    ///   - allowedHosts: hosts as endpoints name them, whatever they resolve to, such credentials excepted.
    /// - Throws: what is no network or no host name, all of it.
    public init(allowedNetworks: [String], allowedHosts: [String] = []) throws(DiagnosticList) {
        var problems: [SinkProblem] = []
        networks = allowedNetworks.compactMap { text in
            let range = NetworkRange(text)
            if range == nil { problems.append(.malformedNetwork(text: text)) }
            return range
        }
        hosts = Set(
            allowedHosts.compactMap { text in
                let host = AddressPolicy.normalized(text)
                let isName = !host.isEmpty && !host.contains { " /:@*".contains($0) }
                if !isName { problems.append(.malformedHost(text: text)) }
                return isName ? host : nil
            })
        guard problems.isEmpty else { throw DiagnosticList(problems.map(\.diagnostic)) }
    }

    /// Why no connection may be made to `address`; nil when it may.
    /// - Parameter host: what the endpoint's address names.
    package func refusal(of address: NetworkAddress, host: String) -> AddressKind? {
        guard let kind = address.reservedKind else { return nil }
        let isAllowed = networks.contains { range in
            (range.contains(address) || address.mappedIPv4.map(range.contains) ?? false)
                && (kind != .metadata || range.isSingle)
        }
        if isAllowed { return nil }
        return kind != .metadata && hosts.contains(AddressPolicy.normalized(host)) ? nil : kind
    }

    private static func normalized(_ host: String) -> String {
        let lowercased = host.lowercased()
        return lowercased.hasSuffix(".") ? String(lowercased.dropLast()) : lowercased
    }
}
