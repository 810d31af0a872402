/// One thing that can be set about the service: a key of its configuration file, and a variable of the environment that
/// takes the file's place.
struct ServiceSetting: Sendable {
    /// As the file nests it: `intake.queue_mb`.
    let key: String
    let kind: Kind
    /// What holds where nobody says otherwise; nil for nothing.
    let usual: String?
    /// What it means, in a few words.
    let meaning: String

    enum Kind: Sendable {
        case text
        /// A path: one of the file's is taken from the file's folder, one of the environment from the current one.
        case path
        case number(ClosedRange<Int>)
        case boolean
        case choice([String])
    }

    /// `CALIBER_INTAKE_QUEUE_MB`.
    var variable: String { "CALIBER_" + key.uppercased().replacing(".", with: "_") }

    static let all: [ServiceSetting] = [
        ServiceSetting(key: "dictionary", kind: .path, usual: "dictionary", meaning: "folder of the dictionary"),
        ServiceSetting(
            key: "database", kind: .path, usual: "caliber.db", meaning: "the database file; made if missing"),
        ServiceSetting(key: "models", kind: .path, usual: "models", meaning: "folder of the models"),
        ServiceSetting(
            key: "alerts", kind: .path, usual: nil, meaning: "file that says who is told of findings; else nobody is"),
        ServiceSetting(
            key: "listen", kind: .text, usual: "127.0.0.1:8080", meaning: "host:port; port 0 takes a free one"),
        ServiceSetting(key: "keys", kind: .path, usual: nil, meaning: "file of hashed API keys"),
        ServiceSetting(
            key: "without_keys", kind: .boolean, usual: "false", meaning: "serve everyone; on loopback alone"),
        ServiceSetting(
            key: "open_metrics", kind: .boolean, usual: "true", meaning: "/metrics is served without a key"),
        ServiceSetting(
            key: "memory_mb", kind: .number(16...1_048_576), usual: "1024", meaning: "what wide tables take in memory"),
        ServiceSetting(
            key: "connections", kind: .number(1...100_000), usual: "1024", meaning: "connections at once; others wait"),
        ServiceSetting(
            key: "header_seconds", kind: .number(1...3600), usual: "15",
            meaning: "how long a connection may wait between requests, and a request's head may take"),
        ServiceSetting(
            key: "body_seconds", kind: .number(1...3600), usual: "30", meaning: "how long a request's body may take"),
        ServiceSetting(
            key: "answer_seconds", kind: .number(1...3600), usual: "60", meaning: "how long reading an answer may take"),
        ServiceSetting(
            key: "shutdown_seconds", kind: .number(1...3600), usual: "30",
            meaning: "how long requests underway may still take when the service is asked to end"),
        ServiceSetting(
            key: "intake.body_mb", kind: .number(1...64), usual: "16",
            meaning: "a request's events at most, unpacked"),
        ServiceSetting(
            key: "intake.queue_mb", kind: .number(1...4096), usual: "64",
            meaning: "events that are received and not yet durable, of all requests together"),
        ServiceSetting(
            key: "intake.queue_requests", kind: .number(1...100_000), usual: "2048",
            meaning: "requests with such events"),
        ServiceSetting(
            key: "scores.enabled", kind: .boolean, usual: "true", meaning: "what comes in is scored by the champion"),
        ServiceSetting(
            key: "scores.lag_ms", kind: .number(0...60_000), usual: "200",
            meaning: "under load, how long scores may wait to be computed together"),
        ServiceSetting(
            key: "scores.put_away_minutes", kind: .number(1...10_080), usual: "30",
            meaning: "how often the state of the features is put away; a crash costs computing what came since"),
        ServiceSetting(
            key: "queries.threads", kind: .number(1...256), usual: "2", meaning: "queries that run at once"),
        ServiceSetting(
            key: "queries.waiting", kind: .number(0...100_000), usual: "64", meaning: "queries that may wait for that"),
        ServiceSetting(
            key: "logs.level", kind: .choice(["trace", "debug", "info", "notice", "warning", "error"]), usual: "info",
            meaning: "the least that is logged"),
        ServiceSetting(
            key: "logs.format", kind: .choice(["json", "text"]), usual: "json", meaning: "one line an event, on stderr"),
    ]
}
