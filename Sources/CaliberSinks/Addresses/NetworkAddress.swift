import CCurl
import Glibc

/// An IPv4 or IPv6 address.
public struct NetworkAddress: Hashable, Sendable, CustomStringConvertible {
    /// Four or sixteen bytes, as they go over the wire.
    let bytes: [UInt8]

    /// - Returns: nil unless there are 4 or 16 bytes.
    init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// `10.0.0.5`, `2001:db8::1`. Shortened and octal forms of IPv4 addresses are no addresses here.
    public init?(_ text: String) {
        var four = in_addr()
        var sixteen = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = withUnsafeBytes(of: &four) { Array($0) }
        } else if inet_pton(AF_INET6, text, &sixteen) == 1 {
            bytes = withUnsafeBytes(of: &sixteen) { Array($0) }
        } else {
            return nil
        }
    }

    /// The address that a socket is about to be connected to; nil when it is of another family.
    init?(_ address: UnsafePointer<curl_sockaddr>) {
        guard let raw = caliber_curl_socket_address(address) else { return nil }
        let length = Int(address.pointee.addrlen)
        switch address.pointee.family {
        case AF_INET where length >= MemoryLayout<sockaddr_in>.size:
            var four = raw.loadUnaligned(as: sockaddr_in.self).sin_addr
            bytes = withUnsafeBytes(of: &four) { Array($0) }
        case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
            var sixteen = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            bytes = withUnsafeBytes(of: &sixteen) { Array($0) }
        default: return nil
        }
    }

    var isIPv4: Bool { bytes.count == 4 }

    /// The IPv4 address within `::ffff:a.b.c.d`: the same host by another spelling.
    var mappedIPv4: NetworkAddress? {
        guard bytes.count == 16, bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF
        else { return nil }
        return NetworkAddress(bytes: Array(bytes[12...]))
    }

    public var description: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        _ = bytes.withUnsafeBytes {
            inet_ntop(isIPv4 ? AF_INET : AF_INET6, $0.baseAddress, &buffer, socklen_t(buffer.count))
        }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// The addresses that share their first bits: `10.0.0.0/8`.
public struct NetworkRange: Hashable, Sendable, CustomStringConvertible {
    let base: NetworkAddress
    let prefixLength: Int

    /// An address, with or without the length of its prefix in bits. Bits past the prefix are not looked at.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let base = NetworkAddress(String(parts[0])) else { return nil }
        let width = base.bytes.count * 8
        if parts.count == 1 {
            prefixLength = width
        } else {
            guard parts[1].allSatisfy({ $0.isASCII && $0.isNumber }), let length = Int(parts[1]), length <= width
            else { return nil }
            prefixLength = length
        }
        self.base = base
    }

    /// Whether it is one address.
    var isSingle: Bool { prefixLength == base.bytes.count * 8 }

    func contains(_ address: NetworkAddress) -> Bool {
        guard address.bytes.count == base.bytes.count else { return false }
        let whole = prefixLength / 8
        guard address.bytes[..<whole] == base.bytes[..<whole] else { return false }
        let rest = prefixLength % 8
        guard rest > 0 else { return true }
        let mask = UInt8.max << UInt8(8 - rest)
        return address.bytes[whole] & mask == base.bytes[whole] & mask
    }

    public var description: String { "\(base)/\(prefixLength)" }
}
