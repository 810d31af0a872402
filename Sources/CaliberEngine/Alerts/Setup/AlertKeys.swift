import CaliberDictionary
import CaliberSinks

/// What an alerts file may say.
enum AlertKeys {
    static let file = KeyTable(
        "alerts", named: "an alerts file", "Who is told of what the watches find.",
        [
            .optional("endpoints", .list(.section(endpoint)), "Webhooks, robots and mailboxes that can be told."),
            .optional("route", .section(route(depth: 0)), "The first route: what none below it takes stays with it."),
            .optional("inhibitions", .list(.section(inhibition)), "What says enough about others."),
            .optional(
                "notices", endpoints, "Endpoints that are told when another one was turned off and no route is left."),
            .optional("allow", .section(allowance), "Addresses outside the public internet that may be sent to."),
            .optional("keep", .duration, "How long alerts that are over are kept; 90d when left out."),
        ])

    /// The keys that say what an endpoint is.
    static let kinds = ["webhook", "alertmanager", "wecom", "dingtalk", "feishu", "slack", "mail"]

    static let endpoint = KeyTable(
        "endpoint", named: "an endpoint", "Someone who is told.",
        [
            .required("name", .text, "What routes call it."),
            .optional("webhook", .section(webhook), "A program that understands Standard Webhooks."),
            .optional("alertmanager", .section(alertmanager), "A program that understands Alertmanager's webhooks."),
            .optional("wecom", .section(robot("wecom", hasSignature: false)), "A WeCom robot."),
            .optional("dingtalk", .section(robot("dingtalk", hasSignature: true)), "A DingTalk robot."),
            .optional("feishu", .section(robot("feishu", hasSignature: true)), "A Feishu or Lark robot."),
            .optional("slack", .section(robot("slack", hasSignature: false)), "A Slack incoming webhook."),
            .optional("mail", .section(mail), "Mailboxes, over SMTP."),
            .optional("timeout", .duration, "How long one request may take; 20s when left out."),
            .optional("certificates", .text, "A file of certificates (PEM) trusted instead of the system's."),
            .optional("language", .choice(SinkLanguage.allCases.map(\.rawValue)), "Of Caliber's own words."),
            .optional("zone", .text, "What times are shown in: Asia/Shanghai; the dictionary's zone when left out."),
            .optional(
                "budget", .list(.section(limit)), "How much it takes at most; its kind's own limits when left out."),
        ])

    private static let webhook = KeyTable(
        "webhook", named: "a webhook", "Where a webhook goes and what signs it.",
        [
            .required("url", secret, "Where it goes."),
            .optional(
                "secrets", .oneOf([.text, .section(secretSource), .list(secret)]),
                "whsec_ and 24 to 64 bytes in base64, newest first; all of them sign. Unsigned when left out."),
        ])

    private static let alertmanager = KeyTable(
        "alertmanager", named: "an Alertmanager webhook", "Where it goes.",
        [
            .required("url", secret, "Where it goes."),
            .optional("token", secret, "Sent as Authorization: Bearer."),
            .optional("page", .text, "The page of this service, for externalURL."),
        ])

    private static func robot(_ name: String, hasSignature: Bool) -> KeyTable {
        let signature: [Key] = [
            .optional("secret", secret, "Where the robot's safety setting is a signature."),
            .optional("keyword", .text, "Where the robot's safety setting is key words: one of them."),
        ]
        return KeyTable(
            name, named: "a robot", "A robot of a chat.",
            [.required("url", secret, "As the chat shows it, with its key.")] + (hasSignature ? signature : []))
    }

    private static let mail = KeyTable(
        "mail", named: "a mail endpoint", "Mailboxes, over SMTP.",
        [
            .required("host", .text, "The mail server."),
            .optional("port", .wholeNumber(1...65_535), "587 with starttls, 465 with tls, 25 plain when left out."),
            .optional("security", .choice(MailSettings.Security.allCases.map(\.rawValue)), "Default starttls."),
            .optional("user", .text, "Who logs in."),
            .optional("password", secret, "With what."),
            .required("from", mailbox, "Who writes."),
            .required("to", .oneOf([.text, .list(mailbox), .section(mailboxTable)]), "Who is written to."),
        ])

    private static let mailboxTable = KeyTable(
        "mailbox", named: "a mailbox", "An address and a name to show.",
        [
            .required("address", .text, "alerts@example.com."), .optional("name", .text, "What mail programs show."),
        ])
    private static let mailbox = ValueKind.oneOf([.text, .section(mailboxTable)])

    private static let limit = KeyTable(
        "limit", named: "a limit", "So many messages in any stretch of so long.",
        [
            .required("messages", .wholeNumber(1...1_000_000), "How many."),
            .required("within", .duration, "In how long: 1m."),
        ])

    /// Routes hold routes; a table of keys can't hold itself.
    private static func route(depth: Int) -> KeyTable {
        let below: [Key] =
            depth < routeDepth
            ? [.optional("routes", .list(.section(route(depth: depth + 1))), "Asked first, in this order.")] : []
        return KeyTable(
            "route", named: "a route", "Who is told of which alerts, and with which others.",
            [
                .optional("when", conditions, "All of these must hold: severity = critical."),
                .optional("endpoints", endpoints, "Who is told; as the route above says when left out."),
                .optional("group_by", endpoints, "Labels: alerts with the same values are told together."),
                .optional("wait", .duration, "How long a group's first alert waits for others; 30s."),
                .optional("interval", .duration, "The least time between two messages about a group; 5m."),
                .optional("repeat", .duration, "After how long what still fires is told again; 4h."),
                .optional("continue", .boolean, "Whether routes after this one are asked too."),
            ] + below)
    }

    private static let routeDepth = 8

    private static let inhibition = KeyTable(
        "inhibition", named: "an inhibition", "While one alert fires, others are not told.",
        [
            .required("while", conditions, "What fires: watch = pause_channel."),
            .required("mute", conditions, "What is not told meanwhile: watch = unhealthy_order."),
            .optional("equal", endpoints, "Labels in which both agree: channel."),
        ])

    private static let allowance = KeyTable(
        "allow", named: "an allowance", "Addresses outside the public internet that may be sent to.",
        [
            .optional("networks", endpoints, "10.2.0.0/16."),
            .optional("hosts", endpoints, "Names, whatever they resolve to."),
        ])

    private static let secretSource = KeyTable(
        "secret", named: "a secret", "Where a secret is kept.",
        [
            .optional("file", .text, "A file that holds it; a line break at its end does not count."),
            .optional("env", .text, "A variable of the environment that holds it."),
        ])
    private static let secret = ValueKind.oneOf([.text, .section(secretSource)])
    private static let conditions = ValueKind.oneOf([.text, .list(.text)])
    private static let endpoints = ValueKind.oneOf([.text, .list(.text)])
}
