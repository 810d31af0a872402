/// Why an address is none of the public internet's.
package enum AddressKind: String, Sendable, CaseIterable {
    case unspecified = "an unspecified address"
    case privateNetwork = "a private address"
    case loopback = "an address of this machine itself"
    case linkLocal = "a link-local address"
    case carrierNetwork = "an address shared behind a carrier's NAT"
    case metadata = "an address where a cloud keeps its machines' credentials"
    case documentation = "an address for documentation"
    case benchmark = "an address for benchmarks"
    case multicast = "a multicast address"
    case reserved = "a reserved address"
    case tunnel = "an address that leads into another network"
}

/// Source: IANA's registries of special-purpose IPv4 and IPv6 addresses (RFC 6890 and its updates), and where the
/// clouds serve credentials to their machines.
enum ReservedNetworks {
    /// Single addresses, asked for first: some of them stand within networks that people allow.
    static let metadata: [NetworkRange] = ranges([
        "169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "168.63.129.16", "192.0.0.192",
        "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254",
    ])

    static let ipv4: [(range: NetworkRange, kind: AddressKind)] = table([
        ("0.0.0.0/8", .unspecified), ("10.0.0.0/8", .privateNetwork), ("100.64.0.0/10", .carrierNetwork),
        ("127.0.0.0/8", .loopback), ("169.254.0.0/16", .linkLocal), ("172.16.0.0/12", .privateNetwork),
        ("192.0.0.0/24", .reserved), ("192.0.2.0/24", .documentation), ("192.88.99.0/24", .tunnel),
        ("192.168.0.0/16", .privateNetwork), ("198.18.0.0/15", .benchmark), ("198.51.100.0/24", .documentation),
        ("203.0.113.0/24", .documentation), ("224.0.0.0/4", .multicast), ("240.0.0.0/4", .reserved),
    ])

    static let ipv6: [(range: NetworkRange, kind: AddressKind)] = table([
        ("::/128", .unspecified), ("::1/128", .loopback), ("64:ff9b:1::/48", .tunnel), ("100::/64", .reserved),
        ("2001:db8::/32", .documentation), ("3fff::/20", .documentation), ("2001:2::/48", .benchmark),
        ("2001::/32", .tunnel), ("2001::/23", .reserved), ("fc00::/7", .privateNetwork), ("fe80::/10", .linkLocal),
        ("fec0::/10", .privateNetwork), ("ff00::/8", .multicast),
    ])

    /// Outside it, IPv6 has no addresses of the public internet.
    static let globalUnicast: [NetworkRange] = ranges(["2000::/3"])

    /// IPv6 networks whose addresses stand for an IPv4 address, and where in the sixteen bytes it is: mapped, NAT64,
    /// 6to4.
    static let ipv4Carriers: [(range: NetworkRange, kind: Int)] = table([
        ("::ffff:0:0/96", 12), ("64:ff9b::/96", 12), ("2002::/16", 2),
    ])

    private static func ranges(_ texts: [String]) -> [NetworkRange] { table(texts.map { ($0, ()) }).map(\.range) }

    private static func table<Kind>(_ rows: [(String, Kind)]) -> [(range: NetworkRange, kind: Kind)] {
        rows.map { text, kind in
            guard let range = NetworkRange(text) else { preconditionFailure("\(text) in a table is no network") }
            return (range, kind)
        }
    }
}

extension NetworkAddress {
    /// What keeps it apart from the public internet; nil for an address of the public internet.
    package var reservedKind: AddressKind? {
        if isMetadata { return .metadata }
        if isIPv4 { return ReservedNetworks.ipv4.first { $0.range.contains(self) }?.kind }
        if let kind = ReservedNetworks.ipv6.first(where: { $0.range.contains(self) })?.kind { return kind }
        for (range, offset) in ReservedNetworks.ipv4Carriers where range.contains(self) {
            return NetworkAddress(bytes: Array(bytes[offset..<(offset + 4)]))?.reservedKind
        }
        return ReservedNetworks.globalUnicast.contains { $0.contains(self) } ? nil : .reserved
    }

    var isMetadata: Bool {
        ReservedNetworks.metadata.contains { $0.contains(mappedIPv4 ?? self) }
    }
}
