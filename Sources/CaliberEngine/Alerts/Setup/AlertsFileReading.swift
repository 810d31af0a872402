import CaliberAlerts
import CaliberCore
import CaliberDictionary
import CaliberSinks
import Foundation

/// Makes endpoints and routes of an alerts file whose shape was checked, and gathers everything that is wrong with it.
struct AlertsFileReading {
    private(set) var problems: [Diagnostic] = []
    private let folder: URL
    private let environment: [String: String]
    private let zone: BusinessZone

    init(folder: URL, environment: [String: String], zone: BusinessZone) {
        self.folder = folder
        self.environment = environment
        self.zone = zone
    }

    /// nil when something is wrong.
    mutating func setup(_ root: YAMLValue) -> AlertSetup? {
        let declared = (root["endpoints"]?.list ?? []).map { checkedEndpoint($0) }
        let route = root["route"].map { self.route($0) } ?? AlertRoute()
        let inhibitions = (root["inhibitions"]?.list ?? []).map { value in
            InhibitionRule(
                source: matchers(value["while"]), target: matchers(value["mute"]), equal: value["equal"]?.texts ?? [])
        }
        let allowed = root["allow"]
        let policy = gathered(at: allowed) { () throws(DiagnosticList) in
            try AddressPolicy(
                allowedNetworks: allowed?["networks"]?.texts ?? [], allowedHosts: allowed?["hosts"]?.texts ?? [])
        }
        let sinks = declared.compactMap { $0?.sink }
        // What an endpoint without a kind would make of routes is noise beside that.
        guard sinks.count == declared.count else { return nil }
        let routing = gathered(at: root["route"] ?? root) { () throws(DiagnosticList) in
            try AlertRouting(
                endpoints: declared.compactMap { $0?.endpoint }, root: route, inhibitions: inhibitions,
                noticeEndpoints: root["notices"]?.texts ?? [])
        }
        guard let routing, let policy else { return nil }
        return AlertSetup(
            routing: routing, sinks: sinks, policy: policy,
            keptMicroseconds: root["keep"]?.duration ?? AlertSetup.usualKeptMicroseconds)
    }

    private mutating func gathered<Value>(
        at value: YAMLValue?, _ body: () throws(DiagnosticList) -> Value
    ) -> Value? {
        do throws(DiagnosticList) {
            return try body()
        } catch {
            problems += error.diagnostics.map { $0.placed(at: value?.location) }
            return nil
        }
    }

    private mutating func report(_ problem: AlertsFileProblem) { problems.append(problem.diagnostic) }

    // MARK: - Endpoints

    private mutating func checkedEndpoint(_ value: YAMLValue) -> (endpoint: AlertEndpoint, sink: SinkDefinition)? {
        let problemCount = problems.count
        let made = endpoint(value)
        // A secret that is not there makes an address that can't be right, of which nobody need hear.
        if problems.count == problemCount, let made {
            problems += made.sink.problems.map { $0.diagnostic.placed(at: value.location) }
        }
        return made
    }

    private mutating func endpoint(_ value: YAMLValue) -> (endpoint: AlertEndpoint, sink: SinkDefinition)? {
        let name = value["name"]?.text ?? ""
        let kinds = AlertKeys.kinds.filter { value[$0] != nil }
        guard kinds.count == 1, let settings = value[kinds[0]] else {
            report(.kind(endpoint: name, found: kinds, at: value.location))
            return nil
        }
        let (kind, usualBudget) = kind(kinds[0], settings)
        let sink = SinkDefinition(
            name: name, kind: kind,
            timeoutSeconds: value["timeout"]?.duration.map { Double($0) / 1_000_000 }
                ?? SinkDefinition.defaultTimeoutSeconds,
            certificateAuthorityFile: value["certificates"]?.text.map(path),
            language: value["language"]?.text.flatMap(SinkLanguage.init) ?? .en, zone: zone(value["zone"]))
        let limits = value["budget"]?.list?.compactMap { limit -> SendingBudget.Limit? in
            guard let count = limit["messages"]?.wholeNumber, let length = limit["within"]?.duration else { return nil }
            return SendingBudget.Limit(partCount: Int(count), seconds: Double(length) / 1_000_000)
        }
        return (AlertEndpoint(name: name, budget: limits.map { SendingBudget($0) } ?? usualBudget), sink)
    }

    private mutating func kind(_ kind: String, _ value: YAMLValue) -> (SinkDefinition.Kind, SendingBudget) {
        let url = secret(value["url"]) ?? SecretText("")
        switch kind {
        case "webhook": return (.webhook(WebhookSettings(url: url, secrets: secrets(value["secrets"]))), .unlimited)
        case "alertmanager":
            let settings = AlertmanagerSettings(
                url: url, bearerToken: secret(value["token"]), externalURL: value["page"]?.text ?? "")
            return (.alertmanager(settings), .unlimited)
        case "wecom": return (.weCom(WeComSettings(url: url)), .twentyAMinute)
        case "dingtalk":
            let settings = DingTalkSettings(
                url: url, secret: secret(value["secret"]), keyword: value["keyword"]?.text)
            return (.dingTalk(settings), .twentyAMinute)
        case "feishu":
            let settings = FeishuSettings(url: url, secret: secret(value["secret"]), keyword: value["keyword"]?.text)
            return (.feishu(settings), .fiveASecondHundredAMinute)
        case "slack": return (.slack(SlackSettings(url: url)), .oneASecond)
        default: return (.mail(mail(value)), .unlimited)
        }
    }

    private mutating func mail(_ value: YAMLValue) -> MailSettings {
        let (user, password) = (value["user"]?.text, secret(value["password"]))
        if (user == nil) != (password == nil) {
            report(.passwordWithoutUser(missing: user == nil ? "user" : "password", at: value.location))
        }
        var login: MailSettings.Login?
        if let user, let password { login = MailSettings.Login(user: user, password: password) }
        let recipients = value["to"].map { $0.list ?? [$0] } ?? []
        return MailSettings(
            host: value["host"]?.text ?? "", port: value["port"]?.wholeNumber.map { Int($0) },
            security: value["security"]?.text.flatMap(MailSettings.Security.init) ?? .startTLS, login: login,
            from: AlertsFileReading.mailbox(value["from"]), recipients: recipients.map(AlertsFileReading.mailbox))
    }

    private static func mailbox(_ value: YAMLValue?) -> MailSettings.Mailbox {
        if let address = value?.text { return MailSettings.Mailbox(address) }
        return MailSettings.Mailbox(value?["address"]?.text ?? "", name: value?["name"]?.text)
    }

    private mutating func zone(_ value: YAMLValue?) -> BusinessZone {
        guard let value, let name = value.text else { return zone }
        if let zone = BusinessZone(identifier: name) { return zone }
        report(.zone(name: name, at: value.location))
        return zone
    }

    // MARK: - Secrets

    private mutating func secrets(_ value: YAMLValue?) -> [SecretText] {
        guard let value else { return [] }
        return (value.list ?? [value]).compactMap { secret($0) }
    }

    private mutating func secret(_ value: YAMLValue?) -> SecretText? {
        guard let value else { return nil }
        if let text = value.text { return SecretText(text) }
        switch (value["file"]?.text, value["env"]?.text) {
        case (let file?, nil): return secret(inFile: path(file), at: value.location)
        case (nil, let name?):
            guard let text = environment[name], !text.isEmpty else {
                report(.secretVariable(name: name, at: value.location))
                return SecretText("")
            }
            return SecretText(text)
        default:
            report(.secretSource(at: value.location))
            return nil
        }
    }

    private mutating func secret(inFile path: String, at location: SourceLocation) -> SecretText? {
        do {
            var text = Substring(try String(contentsOfFile: path, encoding: .utf8))
            while let last = text.last, last.isNewline { text.removeLast() }
            return SecretText(String(text))
        } catch {
            report(.secretFile(path: path, reason: error.localizedDescription, at: location))
            return nil
        }
    }

    private func path(_ text: String) -> String { text.hasPrefix("/") ? text : folder.appending(path: text).path }

    // MARK: - Routes

    private mutating func route(_ value: YAMLValue) -> AlertRoute {
        AlertRoute(
            matchers: matchers(value["when"]), endpoints: value["endpoints"]?.texts, groupBy: value["group_by"]?.texts,
            waitMicroseconds: value["wait"]?.duration, intervalMicroseconds: value["interval"]?.duration,
            repeatMicroseconds: value["repeat"]?.duration, continues: value["continue"]?.boolean ?? false,
            routes: (value["routes"]?.list ?? []).map { route($0) })
    }

    private mutating func matchers(_ value: YAMLValue?) -> [LabelMatcher] {
        guard let value else { return [] }
        var found: [LabelMatcher] = []
        for entry in value.list ?? [value] {
            do throws(AlertProblem) {
                found.append(try LabelMatcher(parsing: entry.text ?? ""))
            } catch {
                problems.append(error.diagnostic.placed(at: entry.location))
            }
        }
        return found
    }
}

extension Diagnostic {
    fileprivate func placed(at location: SourceLocation?) -> Diagnostic {
        Diagnostic(
            code, message, at: self.location ?? location, remedy: remedy, suggestions: suggestions, severity: severity)
    }
}

extension YAMLValue {
    /// One text or several.
    fileprivate var texts: [String] { text.map { [$0] } ?? list?.compactMap(\.text) ?? [] }

    /// Microseconds.
    fileprivate var duration: Int64? { text.flatMap { DurationText.parse($0) } }
}
