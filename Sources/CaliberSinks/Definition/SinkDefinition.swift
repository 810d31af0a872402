import CaliberCore

/// The language of what Caliber itself says in a message; alerts speak in their own.
public enum SinkLanguage: String, Sendable, Codable, CaseIterable {
    case en
    case zh
}

/// One receiver of alerts: who it is, how it wants to be told, and how long a try may take.
public struct SinkDefinition: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// A program that understands Standard Webhooks 1.0.0.
        case webhook(WebhookSettings)
        /// A program that understands the body of Alertmanager's webhooks, version 4.
        case alertmanager(AlertmanagerSettings)
        case weCom(WeComSettings)
        case dingTalk(DingTalkSettings)
        case feishu(FeishuSettings)
        case slack(SlackSettings)
        case mail(MailSettings)
    }

    /// How long one request may take unless the definition says so.
    public static let defaultTimeoutSeconds = 20.0
    static let timeoutSecondsRange = 0.1...120.0

    public let name: String
    public let kind: Kind
    /// For one request as a whole, look-up of the name and connection included.
    public let timeoutSeconds: Double
    /// A file of certificates (PEM) that are trusted instead of the system's.
    public let certificateAuthorityFile: String?
    public let language: SinkLanguage
    /// What times are shown in to people.
    public let zone: BusinessZone

    public init(
        name: String, kind: Kind, timeoutSeconds: Double = defaultTimeoutSeconds,
        certificateAuthorityFile: String? = nil, language: SinkLanguage = .en, zone: BusinessZone = .utc
    ) {
        self.name = name
        self.kind = kind
        self.timeoutSeconds = timeoutSeconds
        self.certificateAuthorityFile = certificateAuthorityFile
        self.language = language
        self.zone = zone
    }
}

/// Where a webhook goes and what signs it.
public struct WebhookSettings: Sendable, Equatable {
    public let url: SecretText
    /// `whsec_` and 24 to 64 bytes in base64, newest first. All of them sign, so that a receiver may hold any of them
    /// while secrets are changed. None: messages are not signed.
    public let secrets: [SecretText]

    public init(url: SecretText, secrets: [SecretText]) {
        self.url = url
        self.secrets = secrets
    }
}

public struct AlertmanagerSettings: Sendable, Equatable {
    public let url: SecretText
    /// Sent as `Authorization: Bearer …`.
    public let bearerToken: SecretText?
    /// The page of this service, for the body's `externalURL`.
    public let externalURL: String

    public init(url: SecretText, bearerToken: SecretText? = nil, externalURL: String = "") {
        self.url = url
        self.bearerToken = bearerToken
        self.externalURL = externalURL
    }
}

public struct WeComSettings: Sendable, Equatable {
    /// As WeCom shows it, with its key.
    public let url: SecretText

    public init(url: SecretText) {
        self.url = url
    }
}

public struct DingTalkSettings: Sendable, Equatable {
    /// As DingTalk shows it, with its access token.
    public let url: SecretText
    /// `SEC…`, where the robot's safety setting is a signature.
    public let secret: SecretText?
    /// Where the robot's safety setting is key words: one of them. It is put into each message that lacks it.
    public let keyword: String?

    public init(url: SecretText, secret: SecretText? = nil, keyword: String? = nil) {
        self.url = url
        self.secret = secret
        self.keyword = keyword
    }
}

public struct FeishuSettings: Sendable, Equatable {
    /// As Feishu or Lark shows it.
    public let url: SecretText
    /// Where the robot's safety setting is a signature.
    public let secret: SecretText?
    /// Where the robot's safety setting is key words: one of them. It is put into each message that lacks it.
    public let keyword: String?

    public init(url: SecretText, secret: SecretText? = nil, keyword: String? = nil) {
        self.url = url
        self.secret = secret
        self.keyword = keyword
    }
}

public struct SlackSettings: Sendable, Equatable {
    /// An incoming webhook, as Slack shows it.
    public let url: SecretText

    public init(url: SecretText) {
        self.url = url
    }
}

public struct MailSettings: Sendable, Equatable {
    public enum Security: String, Sendable, Codable, CaseIterable {
        /// No encryption. A password is never sent this way.
        case plain
        /// Encryption begins after the greeting; without it nothing is sent.
        case startTLS = "starttls"
        /// Encrypted from the first byte.
        case tls
    }

    public struct Login: Sendable, Equatable {
        public let user: String
        public let password: SecretText

        public init(user: String, password: SecretText) {
            self.user = user
            self.password = password
        }
    }

    public struct Mailbox: Sendable, Equatable {
        public let name: String?
        /// `alerts@example.com`.
        public let address: String

        public init(_ address: String, name: String? = nil) {
            self.name = name
            self.address = address
        }
    }

    public let host: String
    public let port: Int
    public let security: Security
    public let login: Login?
    public let from: Mailbox
    /// At least one.
    public let recipients: [Mailbox]

    /// - Parameter port: nil for the usual one: 25 plain, 587 with STARTTLS, 465 with TLS.
    public init(
        host: String, port: Int? = nil, security: Security = .startTLS, login: Login? = nil, from: Mailbox,
        recipients: [Mailbox]
    ) {
        self.host = host
        self.port = port ?? [.plain: 25, .startTLS: 587, .tls: 465][security] ?? 25
        self.security = security
        self.login = login
        self.from = from
        self.recipients = recipients
    }
}
