import CCurl
import Glibc

/// What libcurl's callbacks of one transfer see and leave behind.
final class Transfer {
    private let policy: AddressPolicy
    private let host: String
    private let shouldStop: () -> Bool
    private let upload: [UInt8]
    private var uploadedByteCount = 0

    private(set) var refused: (address: NetworkAddress?, kind: AddressKind)?
    /// How many addresses the guard let through.
    private(set) var allowedAddressCount = 0
    /// Lines of the last response, without their ends; all of them where the protocol is SMTP.
    private(set) var headerLines: [String] = []
    private var headerByteCount = 0
    private(set) var hasTooManyHeaders = false
    private(set) var body: [UInt8] = []
    /// The answer was longer than what is read of one.
    private(set) var isBodyCut = false

    init(policy: AddressPolicy, host: String, upload: [UInt8] = [], shouldStop: @escaping () -> Bool) {
        self.policy = policy
        self.host = host
        self.upload = upload
        self.shouldStop = shouldStop
    }

    /// - Returns: the transfer that a callback belongs to.
    static func of(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// The guard of addresses: called with the address that is about to be connected to, after the look-up.
    private func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        let parsed = NetworkAddress(UnsafePointer(address))
        if let kind = parsed.map({ policy.refusal(of: $0, host: host) }) ?? .reserved {
            refused = (parsed, kind)
            return curl_socket_t(-1)
        }
        allowedAddressCount += 1
        let closedOnExec = Int32(SOCK_CLOEXEC.rawValue)
        return socket(address.pointee.family, address.pointee.socktype | closedOnExec, address.pointee.protocol)
    }

    private func receive(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        let room = HTTPAnswer.bodyByteLimit - body.count
        body.append(contentsOf: bytes.prefix(room))
        isBodyCut = bytes.count > room
        // Fewer bytes taken than given end the transfer.
        return isBodyCut ? 0 : bytes.count
    }

    private func receiveHeader(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        headerByteCount += bytes.count
        hasTooManyHeaders = headerByteCount > HTTPAnswer.headerByteLimit
        guard !hasTooManyHeaders else { return 0 }
        let line = String(decoding: bytes, as: UTF8.self)
        // Another response begins: the one before was an interim answer.
        if line.hasPrefix("HTTP/") { headerLines.removeAll() }
        headerLines.append(String(line.prefix { !$0.isNewline }))
        return bytes.count
    }

    private func send(into room: UnsafeMutableBufferPointer<UInt8>) -> Int {
        let count = min(room.count, upload.count - uploadedByteCount)
        _ = room.update(fromContentsOf: upload[uploadedByteCount..<(uploadedByteCount + count)])
        uploadedByteCount += count
        return count
    }

    /// A header of the last response.
    func header(_ name: String) -> String? {
        for line in headerLines {
            guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name else { continue }
            return String(line[line.index(after: colon)...])
        }
        return nil
    }
}

extension Transfer {
    static let openSocket: curl_opensocket_callback = { context, _, address in
        guard let transfer = Transfer.of(context), let address else { return curl_socket_t(-1) }
        return transfer.open(address)
    }

    static let receiveBody: caliber_curl_data_function = { bytes, size, count, context in
        guard let transfer = Transfer.of(context), let bytes else { return 0 }
        return Transfer.withBytes(bytes, count: size * count) { transfer.receive($0) }
    }

    static let receiveHeader: caliber_curl_data_function = { bytes, size, count, context in
        guard let transfer = Transfer.of(context), let bytes else { return 0 }
        return Transfer.withBytes(bytes, count: size * count) { transfer.receiveHeader($0) }
    }

    static let sendUpload: caliber_curl_data_function = { bytes, size, count, context in
        guard let transfer = Transfer.of(context), let bytes else { return 0 }
        return bytes.withMemoryRebound(to: UInt8.self, capacity: size * count) {
            transfer.send(into: UnsafeMutableBufferPointer(start: $0, count: size * count))
        }
    }

    /// Asked about once a second, and whenever something moves.
    static let progress: curl_xferinfo_callback = { context, _, _, _, _ in
        Transfer.of(context)?.shouldStop() ?? false ? 1 : 0
    }

    private static func withBytes(
        _ bytes: UnsafeMutablePointer<CChar>, count: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Int
    ) -> Int {
        bytes.withMemoryRebound(to: UInt8.self, capacity: count) {
            body(UnsafeBufferPointer(start: $0, count: count))
        }
    }
}
