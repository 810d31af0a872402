import Foundation
import Glibc
import Synchronization

/// A receiver of webhooks on loopback that notes when each order's alert came.
final class WebhookReceiver: @unchecked Sendable {
    // Safe to share: what changes stands behind a lock.
    let port: Int
    private let listener: Int32
    private let arrivals = Mutex<[String: ContinuousClock.Instant]>([:])

    init() throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw MeasuredProcess.Failure(description: "no port for webhooks") }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread { [self] in accept() }.start()
    }

    var url: String { "http://127.0.0.1:\(port)/alerts" }

    /// When the first word about each order came, by its number.
    var firstArrivals: [String: ContinuousClock.Instant] { arrivals.withLock { $0 } }

    private func accept() {
        while true {
            let connection = Glibc.accept(listener, nil, nil)
            guard connection >= 0 else { return }
            Thread { [self] in serve(connection) }.start()
        }
    }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        var received: [UInt8] = []
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            received += buffer[..<count]
            guard let end = received.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound else { continue }
            let head = String(decoding: received[..<end], as: UTF8.self)
            let length = head.firstMatch(of: #/(?i)content-length: *(\d+)/#).flatMap { Int($0.1) } ?? 0
            guard received.count >= end + length else { continue }
            let now = ContinuousClock.now
            let body = String(decoding: received[end..<end + length], as: UTF8.self)
            arrivals.withLock { arrivals in
                for match in body.matches(of: #/"id":"unhealthy_order-([\w-]+)"/#)
                where arrivals[String(match.1)] == nil {
                    arrivals[String(match.1)] = now
                }
            }
            received.removeFirst(end + length)
            let answer = Array("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n".utf8)
            _ = answer.withUnsafeBytes { Glibc.send(connection, $0.baseAddress, answer.count, Int32(MSG_NOSIGNAL)) }
        }
    }
}
