import Foundation
import Glibc

/// `caliber serve` as a process of its own, on a free port of the loopback.
final class ServedCaliber: @unchecked Sendable {
    // Safe to share: nothing of it changes once it listens; one thread ends it.
    let port: Int
    private let process: Process
    private let logPath: String

    /// Starts it and waits until it listens.
    ///
    /// - Parameters:
    ///   - name: of its database.
    ///   - isNew: whether the database is begun anew, or is one that is there.
    ///   - models: folder of the models; the shipped ones otherwise.
    init(
        _ contenders: Contenders, name: String, isNew: Bool = true, hasScores: Bool, models: String? = nil,
        alerts: String? = nil
    ) throws {
        let database = contenders.database("\(name).caliber")
        if isNew { contenders.remove(database) }
        logPath = contenders.scratch.appending(path: "\(name).log").path
        try Data().write(to: URL(filePath: logPath))
        process = Process()
        process.executableURL = URL(filePath: contenders.caliber)
        process.arguments = ["serve"]
        var environment = [
            "PATH": "/usr/bin:/bin", "CALIBER_DICTIONARY": contenders.dictionary, "CALIBER_DATABASE": database,
            "CALIBER_LISTEN": "127.0.0.1:0", "CALIBER_WITHOUT_KEYS": "true",
            "CALIBER_SCORES_ENABLED": hasScores ? "true" : "false", "CALIBER_LOGS_LEVEL": "warning",
        ]
        environment["CALIBER_ALERTS"] = alerts
        environment["CALIBER_MODELS"] = models
        // How much of its columns it may hold is the caller's to say.
        environment["CALIBER_MEMORY_MB"] = ProcessInfo.processInfo.environment["CALIBER_MEMORY_MB"]
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle(forWritingAtPath: logPath)
        try process.run()
        var found: Int?
        for _ in 0..<6_000 where found == nil && process.isRunning {
            usleep(10_000)
            let log = (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? ""
            found = log.firstMatch(of: #/caliber listens on .*, port (\d+)\n/#).flatMap { Int($0.1) }
        }
        guard let found else {
            throw MeasuredProcess.Failure(
                description:
                    "caliber serve does not listen: \((try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "")")
        }
        port = found
    }

    /// A run that failed leaves nothing behind.
    deinit {
        if process.isRunning { process.terminate() }
    }

    func connect() throws -> ServiceConnection { try ServiceConnection(port: port) }

    /// Resident memory, bytes.
    var residentBytes: Int {
        let text = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/statm", encoding: .utf8)) ?? ""
        return (Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0) * sysconf(Int32(_SC_PAGESIZE))
    }

    /// Events in the log, scores included.
    func logPosition(over connection: ServiceConnection) throws -> Int {
        let text = try connection.ask("GET", "/metrics")
        let line = text.split(separator: "\n").first { $0.hasPrefix("caliber_log_position ") }
        guard let value = line?.split(separator: " ").last, let position = Double(value) else {
            throw MeasuredProcess.Failure(description: "/metrics does not say where the log ends")
        }
        return Int(position)
    }

    /// Waits until the log has ended to grow: everything is scored.
    ///
    /// - Returns: seconds from the start to the last growth.
    @discardableResult
    func settled(since start: ContinuousClock.Instant = .now) throws -> Double {
        let connection = try connect()
        var position = try logPosition(over: connection)
        var grownAt = ContinuousClock.now
        while ContinuousClock.now - grownAt < .seconds(1.5) {
            usleep(20_000)
            let now = try logPosition(over: connection)
            if now != position { (position, grownAt) = (now, .now) }
        }
        return start.duration(to: grownAt) / .seconds(1)
    }

    /// Asks it to end, and waits for that.
    func end() throws {
        kill(process.processIdentifier, SIGTERM)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw MeasuredProcess.Failure(
                description: "caliber serve ended with \(process.terminationStatus): "
                    + ((try? String(contentsOfFile: logPath, encoding: .utf8)) ?? ""))
        }
    }
}

/// A client of HTTP/1.1 on a bare socket that is kept open: as little work beside the service as can be.
final class ServiceConnection: @unchecked Sendable {
    // Safe to share: one thread uses it at a time; it is handed over, not shared.
    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 1 << 20)

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw MeasuredProcess.Failure(description: "the service can't be reached") }
    }

    deinit { close(descriptor) }

    /// Sends events and waits until they are durable.
    func events(_ lines: [UInt8]) throws { _ = try ask("POST", "/v1/events", type: "application/x-ndjson", lines) }

    /// - Returns: the answer's body.
    /// - Throws: when the answer is not 200.
    @discardableResult
    func ask(_ method: String, _ path: String, type: String = "application/json", _ body: [UInt8] = []) throws -> String
    {
        while true {
            let head =
                "\(method) \(path) HTTP/1.1\r\nHost: bench\r\nContent-Type: \(type)\r\nContent-Length: \(body.count)\r\n\r\n"
            try send(Array(head.utf8))
            try send(body)
            let (status, text) = try answer()
            if status == 200 { return text }
            guard status == 429 || status == 503 else {
                throw MeasuredProcess.Failure(description: "\(path) answered \(status): \(text)")
            }
            usleep(20_000)
        }
    }

    private func send(_ bytes: [UInt8]) throws {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + offset, bytes.count - offset, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw MeasuredProcess.Failure(description: "the service hung up") }
            offset += count
        }
    }

    private func answer() throws -> (Int, String) {
        var received: [UInt8] = []
        var bodyStart: Int?
        var length = 0
        var status = 0
        while true {
            if bodyStart == nil, let end = received.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound {
                let head = String(decoding: received[..<end], as: UTF8.self)
                bodyStart = end
                status = Int(head.split(separator: " ")[1]) ?? 0
                length = head.firstMatch(of: #/(?i)content-length: *(\d+)/#).flatMap { Int($0.1) } ?? 0
            }
            if let bodyStart, received.count >= bodyStart + length {
                return (status, String(decoding: received[bodyStart..<bodyStart + length], as: UTF8.self))
            }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { throw MeasuredProcess.Failure(description: "the service hung up") }
            received += buffer[..<count]
        }
    }
}
