import CaliberAlerts
import CaliberCore
import CaliberDictionary
import CaliberSinks
import Foundation

/// Who is told of what the watches find, and how: what an alerts file says.
public struct AlertSetup: Sendable {
    public let routing: AlertRouting
    /// One for each endpoint, by the same names.
    public let sinks: [SinkDefinition]
    public let policy: AddressPolicy
    /// How long alerts that are over are kept.
    public let keptMicroseconds: Int64

    /// Where no alerts file says otherwise.
    public static let usualKeptMicroseconds = 90 * Timestamp.microsecondsPerDay

    /// Alerts are kept and listed; nobody is told.
    public static let nobody = AlertSetup()

    private init() {
        guard let routing = try? AlertRouting(endpoints: [], root: AlertRoute()) else {
            preconditionFailure("a route without conditions and endpoints is refused")
        }
        self.routing = routing
        sinks = []
        policy = .publicOnly
        keptMicroseconds = AlertSetup.usualKeptMicroseconds
    }

    init(routing: AlertRouting, sinks: [SinkDefinition], policy: AddressPolicy, keptMicroseconds: Int64) {
        self.routing = routing
        self.sinks = sinks
        self.policy = policy
        self.keptMicroseconds = keptMicroseconds
    }

    /// Reads an alerts file.
    ///
    /// - Parameters:
    ///   - environment: where secrets may be kept.
    ///   - zone: what times are shown in where an endpoint does not say.
    /// - Throws: everything that is wrong, in one list.
    public static func read(
        path: String, environment: [String: String] = ProcessInfo.processInfo.environment, zone: BusinessZone
    ) throws(DiagnosticList) -> AlertSetup {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw DiagnosticList([
                AlertsFileProblem.unreadable(path: path, reason: error.localizedDescription).diagnostic
            ])
        }
        guard let root = try YAMLValue.read(text, file: path), !root.isNull else { return .nobody }
        var problems: [Diagnostic] = []
        AlertKeys.file.check(root) { problems.append($0.diagnostic) }
        guard problems.isEmpty else { throw DiagnosticList(problems) }
        var reading = AlertsFileReading(
            folder: URL(fileURLWithPath: path).deletingLastPathComponent(), environment: environment, zone: zone)
        let setup = reading.setup(root)
        guard let setup, reading.problems.isEmpty else { throw DiagnosticList(reading.problems) }
        return setup
    }
}
