import CaliberCore

/// What is wrong with how alerts are set up, or with what someone asks of them.
public enum AlertProblem: Error, Sendable, Equatable {
    case malformedMatcher(text: String)
    case malformedPattern(pattern: String, matcher: String)
    case namelessEndpoint
    case repeatedEndpoint(name: String)
    case badBudget(endpoint: String, partCount: Int, seconds: Double)
    case unknownEndpoint(name: String, path: String, nearest: [String])
    case choosyRoot
    case deepRoutes(path: String)
    case badLength(path: String, microseconds: Int64, leastMicroseconds: Int64)
    case boundlessInhibition(path: String)
    case boundlessSilence
    case silenceEndsBeforeItBegins(from: Timestamp, until: Timestamp)
    case silenceOver(until: Timestamp, now: Timestamp)
    case anonymous(what: String)
    case unknownAlert(id: String)
    case unknownSilence(number: Int64)
    case unknownMessage(id: String)
    case messageNotDead(id: String, state: String)
    case endpointDisabled(name: String, reason: String)
    case badAlertID(id: String)
    case unknownTicket(number: Int64)
    case ticketClosed(number: Int64, at: Timestamp)
    case unknownVerdict(text: String, nearest: [String])
    case unreadable(table: String, key: String)

    public var diagnostic: Diagnostic { settingsDiagnostic ?? requestDiagnostic }

    private var settingsDiagnostic: Diagnostic? {
        switch self {
        case .malformedMatcher(let text):
            Diagnostic(
                "malformed-matcher", "\(QuotedText.json(text)) is no condition on a label.",
                remedy: "Write `channel = douyin`, `channel != douyin`, `watch =~ \"stuck.*\"`, `watch !~ \"test.*\"`, "
                    + "`severity in (warning, critical)` or `severity not in (info)`.")
        case .malformedPattern(let pattern, let matcher):
            Diagnostic(
                "malformed-pattern",
                "\(QuotedText.json(pattern)) in the condition \(QuotedText.json(matcher)) is no regular expression.",
                remedy: "Check its brackets and backslashes, or compare with `=`.")
        case .namelessEndpoint:
            Diagnostic("nameless-endpoint", "An endpoint has no name.", remedy: "Give it one that routes can use.")
        case .repeatedEndpoint(let name):
            Diagnostic(
                "repeated-endpoint", "Two endpoints are called \(QuotedText.json(name)).",
                remedy: "Give each a name of its own.")
        case .badBudget(let endpoint, let partCount, let seconds):
            Diagnostic(
                "bad-budget",
                "Endpoint \(QuotedText.json(endpoint)) may be sent \(partCount) messages in \(seconds) seconds.",
                remedy: "Allow one or more, in a time longer than 0 seconds and up to a day.")
        case .unknownEndpoint(let name, let path, let nearest):
            Diagnostic(
                "unknown-endpoint", "\(path) names the endpoint \(QuotedText.json(name)), which is not declared.",
                remedy: "Declare it, or name one that is.", suggestions: nearest)
        case .choosyRoot:
            Diagnostic(
                "choosy-root", "The first route has conditions, so that some alerts would go nowhere.",
                remedy: "Leave it without; put the conditions on routes below it.")
        case .deepRoutes(let path):
            Diagnostic(
                "deep-routes", "\(path) lies more than \(AlertRouting.depthLimit) routes deep.",
                remedy: "Join routes by giving them several conditions.")
        case .badLength(let path, let microseconds, let leastMicroseconds):
            Diagnostic(
                "bad-length", "\(path) is \(DurationText.format(microseconds: microseconds)).",
                remedy: "Write a time from \(DurationText.format(microseconds: leastMicroseconds)) to 366 d.")
        case .boundlessInhibition(let path):
            Diagnostic(
                "boundless-inhibition", "\(path) does not say what mutes or what is muted.",
                remedy: "Give it one or more conditions on the source and on the target.")
        default: nil
        }
    }

    private var requestDiagnostic: Diagnostic {
        switch self {
        case .boundlessSilence:
            Diagnostic(
                "boundless-silence", "A silence without conditions would silence everything.",
                remedy: "Give it one or more, such as `channel = douyin`.")
        case .silenceEndsBeforeItBegins(let from, let until):
            Diagnostic(
                "silence-backwards", "The silence would end at \(until), before it begins at \(from).",
                remedy: "Give a later end.")
        case .silenceOver(let until, let now):
            Diagnostic(
                "silence-over", "The silence would have ended at \(until); it is \(now).",
                remedy: "Give an end that is to come.")
        case .anonymous(let what):
            Diagnostic("anonymous", "\(what) needs the name of who gives it.", remedy: "Say who you are.")
        case .unknownAlert(let id):
            Diagnostic(
                "unknown-alert", "There is no alert \(QuotedText.json(id)).",
                remedy: "`caliber alerts list --all` shows those there are.")
        case .unknownSilence(let number):
            Diagnostic("unknown-silence", "There is no silence \(number).", remedy: "List those there are.")
        case .unknownMessage(let id):
            Diagnostic(
                "unknown-message", "There is no message \(QuotedText.json(id)).", remedy: "List the dead letters.")
        case .messageNotDead(let id, let state):
            Diagnostic(
                "message-not-dead", "Message \(id) is \(state): only dead letters can be replayed.",
                remedy: state == "pending" ? "It will be tried again by itself." : nil)
        case .endpointDisabled(let name, let reason):
            Diagnostic(
                "endpoint-disabled", "Endpoint \(QuotedText.json(name)) is turned off (\(reason)).",
                remedy: "Turn it on first.")
        case .badAlertID(let id):
            Diagnostic(
                "bad-alert-id", "\(QuotedText.json(id)) can't be an alert's id.",
                remedy: "Use letters, digits, `-` and `_`, from 1 to 200 of them.")
        case .unknownTicket(let number):
            Diagnostic("unknown-ticket", "There is no review ticket \(number).", remedy: "List the open ones.")
        case .ticketClosed(let number, let at):
            Diagnostic(
                "ticket-closed", "Review ticket \(number) was closed at \(at).",
                remedy: "Its history says by whom. A worse score opens it again.")
        case .unknownVerdict(let text, let nearest):
            Diagnostic(
                "unknown-verdict", "\(QuotedText.json(text)) is no verdict.", remedy: "Say good, bad or unclear.",
                suggestions: nearest)
        case .unreadable(let table, let key):
            Diagnostic(
                "alert-record-unreadable", "Row \(QuotedText.json(key)) of \(table) can't be read.",
                remedy: "The file may be damaged: run `caliber status --verify`.")
        default: settingsDiagnostic ?? Diagnostic("alert-problem", "\(self)")
        }
    }
}
