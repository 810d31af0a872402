import Foundation
import Testing

/// A client of HTTP/1.1 on a bare socket: what it sends, and when, is up to the test.
final class LoopbackConnection {
    struct Answer {
        let status: Int
        /// By names in lower case.
        let headers: [String: String]
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }

        func json() throws -> [String: Any] {
            try #require(
                try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any], "it is no JSON object: \(text)")
        }

        /// A whole number of a JSON object.
        func number(_ key: String) throws -> Int { try #require(try json()[key] as? Int, "no \(key) in \(text)") }

        var code: String? { try? json()["code"] as? String }
    }

    struct Closed: Error {}

    private let descriptor: Int32
    private var received: [UInt8] = []

    init(port: Int, timeoutSeconds: Int = 30) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        var timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        guard result == 0 else {
            close(descriptor)
            throw Closed()
        }
    }

    deinit { close(descriptor) }

    /// - Throws: `Closed` when the other side has hung up, or takes nothing more for the timeout.
    func send(_ bytes: [UInt8]) throws {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor, $0.baseAddress.map { $0 + offset }, bytes.count - offset, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Closed() }
            offset += count
        }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Says that nothing more will be sent, and goes on reading.
    func halfClose() { shutdown(descriptor, Int32(SHUT_WR)) }

    static func head(_ method: String, _ path: String, headers: [String: String]) -> String {
        "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            + headers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\r\n" }.joined() + "\r\n"
    }

    func ask(
        _ method: String, _ path: String, headers: [String: String] = [:], body: [UInt8] = []
    ) throws -> Answer {
        var all = headers
        if method == "POST" { all["Content-Length"] = String(body.count) }
        try send(Array(LoopbackConnection.head(method, path, headers: all).utf8) + body)
        return try answer()
    }

    func events(_ body: [UInt8], headers: [String: String] = [:]) throws -> Answer {
        try ask(
            "POST", "/v1/events", headers: ["Content-Type": "application/x-ndjson"].merging(headers) { $1 }, body: body)
    }

    /// Reads one answer.
    func answer() throws -> Answer {
        let headEnd = try readUntil { bytes in bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound }
        let head = String(decoding: received[..<headEnd], as: UTF8.self).split(separator: "\r\n")
        received.removeFirst(headEnd)
        let status = Int(head[0].split(separator: " ")[1]) ?? 0
        var headers: [String: String] = [:]
        for line in head.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
        }
        let length = Int(headers["content-length"] ?? "0") ?? 0
        _ = try readUntil { $0.count >= length ? length : nil }
        let body = Array(received[..<length])
        received.removeFirst(length)
        return Answer(status: status, headers: headers, body: body)
    }

    /// Waits for the other side to hang up.
    ///
    /// - Returns: false when it did not within the timeout.
    func isClosedByPeer() -> Bool {
        var byte: UInt8 = 0
        while true {
            let count = recv(descriptor, &byte, 1, 0)
            if count == 0 { return true }
            if count < 0 { return errno == ECONNRESET || errno == EPIPE }
        }
    }

    private func readUntil(_ found: ([UInt8]) -> Int?) throws -> Int {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            if let end = found(received) { return end }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { throw Closed() }
            received.append(contentsOf: buffer[..<count])
        }
    }
}
