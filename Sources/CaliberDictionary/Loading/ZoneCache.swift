import CaliberCore
import Synchronization

/// Zones by name: tabling a zone's offsets asks the calendar a few hundred times, and dictionaries repeat few names.
enum ZoneCache {
    private static let zones = Mutex<[String: BusinessZone]>([:])

    static func zone(_ name: String) -> BusinessZone? {
        if let zone = zones.withLock({ $0[name] }) { return zone }
        guard let zone = BusinessZone(identifier: name) else { return nil }
        zones.withLock { $0[name] = zone }
        return zone
    }
}
