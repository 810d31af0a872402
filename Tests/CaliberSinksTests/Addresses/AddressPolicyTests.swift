import CaliberCore
import CaliberSinks
import Testing

@Suite struct AddressPolicyTests {
    private static let reserved: [(String, AddressKind)] = [
        ("0.0.0.0", .unspecified), ("0.1.2.3", .unspecified), ("10.0.0.1", .privateNetwork),
        ("10.255.255.255", .privateNetwork), ("100.64.0.1", .carrierNetwork), ("100.127.255.255", .carrierNetwork),
        ("127.0.0.1", .loopback), ("127.255.255.254", .loopback), ("169.254.0.1", .linkLocal),
        ("169.254.169.254", .metadata), ("169.254.170.2", .metadata), ("100.100.100.200", .metadata),
        ("168.63.129.16", .metadata), ("192.0.0.192", .metadata), ("172.16.0.1", .privateNetwork),
        ("172.31.255.255", .privateNetwork), ("192.0.0.8", .reserved), ("192.0.2.1", .documentation),
        ("192.88.99.1", .tunnel), ("192.168.0.1", .privateNetwork), ("198.18.0.1", .benchmark),
        ("198.19.255.255", .benchmark), ("198.51.100.1", .documentation), ("203.0.113.1", .documentation),
        ("224.0.0.1", .multicast), ("239.255.255.255", .multicast), ("240.0.0.1", .reserved),
        ("255.255.255.255", .reserved), ("::", .unspecified), ("::1", .loopback), ("::7f00:1", .reserved),
        ("::ffff:127.0.0.1", .loopback), ("::ffff:10.0.0.1", .privateNetwork),
        ("::ffff:169.254.169.254", .metadata), ("64:ff9b::10.0.0.1", .privateNetwork),
        ("64:ff9b::169.254.169.254", .metadata), ("64:ff9b:1::1", .tunnel), ("100::1", .reserved),
        ("2001::1", .tunnel), ("2001:2::1", .benchmark), ("2001:10::1", .reserved), ("2001:db8::1", .documentation),
        ("3fff::1", .documentation), ("2002:7f00:1::", .loopback), ("2002:a00:1::", .privateNetwork),
        ("fc00::1", .privateNetwork), ("fdff::1", .privateNetwork), ("fd00:ec2::254", .metadata),
        ("fe80::1", .linkLocal), ("febf::1", .linkLocal), ("fec0::1", .privateNetwork), ("ff02::1", .multicast),
        ("4000::1", .reserved), ("1::1", .reserved),
    ]

    @Test(arguments: reserved.indices)
    func `addresses that are not the public internet's are refused, by kind`(index: Int) throws {
        let (text, kind) = AddressPolicyTests.reserved[index]
        let address = try #require(NetworkAddress(text))
        #expect(AddressPolicy.publicOnly.refusal(of: address, host: "hooks.example.com") == kind, "\(text)")
    }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.1", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0",
        "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.1", "223.255.255.255",
        "168.63.129.17", "2606:4700::1111", "2400:3200::1", "3ffe::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
        "2002:808:808::", "2001:200::1",
    ])
    func `addresses of the public internet are not, up to the edges`(text: String) throws {
        let address = try #require(NetworkAddress(text))
        #expect(AddressPolicy.publicOnly.refusal(of: address, host: "hooks.example.com") == nil)
    }

    @Test func `a network is allowed as a whole, an IPv4 address however it is spelt, the rest not`() throws {
        let policy = try AddressPolicy(allowedNetworks: ["10.2.0.0/15", "fd12:3456::/32", "127.0.0.1"])
        let verdicts = try ["10.2.0.1", "10.3.255.255", "::ffff:10.2.0.1", "fd12:3456::9", "127.0.0.1"].map {
            policy.refusal(of: try #require(NetworkAddress($0)), host: "x")
        }
        #expect(verdicts.allSatisfy { $0 == nil })
        // NAT64 leads to the network of another translator, not to this one.
        for text in ["10.1.255.255", "10.4.0.0", "64:ff9b::10.2.0.1", "fd12:3457::", "127.0.0.2"] {
            #expect(policy.refusal(of: try #require(NetworkAddress(text)), host: "x") != nil, "\(text)")
        }
    }

    @Test func `a host is allowed by its name, whatever its case and last dot`() throws {
        let policy = try AddressPolicy(allowedNetworks: [], allowedHosts: ["Hooks.Internal."])
        let address = try #require(NetworkAddress("10.0.0.1"))
        #expect(policy.refusal(of: address, host: "hooks.internal") == nil)
        #expect(policy.refusal(of: address, host: "HOOKS.internal.") == nil)
        #expect(policy.refusal(of: address, host: "evil-hooks.internal") == .privateNetwork)
        #expect(policy.refusal(of: address, host: "hooks.internal.evil.example") == .privateNetwork)
    }

    @Test func `where a cloud keeps credentials is allowed by that very address alone`() throws {
        let address = try #require(NetworkAddress("169.254.169.254"))
        let mapped = try #require(NetworkAddress("::ffff:169.254.169.254"))
        let wide = try AddressPolicy(
            allowedNetworks: ["0.0.0.0/0", "169.254.0.0/16", "169.254.169.254/31"], allowedHosts: ["metadata"])
        #expect(wide.refusal(of: address, host: "metadata") == .metadata)
        #expect(wide.refusal(of: mapped, host: "metadata") == .metadata)
        let exact = try AddressPolicy(allowedNetworks: ["169.254.169.254"])
        #expect(exact.refusal(of: address, host: "x") == nil)
    }

    @Test(arguments: [
        "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/", "10.0.0", "010.0.0.1", "0x7f.1", "::/129", "", "a",
        "10.0.0.1/8/8",
    ])
    func `what is no network is named`(text: String) throws {
        #expect(throws: DiagnosticList.self) { try AddressPolicy(allowedNetworks: [text]) }
    }

    @Test func `all that is wrong with a policy is said at once`() throws {
        let problems = #expect(throws: DiagnosticList.self) {
            try AddressPolicy(
                allowedNetworks: ["10.0.0.0/40", "10.0.0.0/8"], allowedHosts: ["http://x/", "ok.example", ""])
        }
        #expect(problems?.diagnostics.map(\.code) == ["malformed-host", "malformed-host", "malformed-network"])
    }
}
