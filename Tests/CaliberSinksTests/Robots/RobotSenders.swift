import CaliberCore
import CaliberSinks
import CaliberTesting
import Foundation

/// Robots as the played ones of `receiver/robots.py` want them.
enum RobotSender {
    /// - Parameter settings: further members of the behaviour, each with a comma before it.
    static func weCom(_ name: String, settings: String = "", language: SinkLanguage = .en) throws -> SinkSender {
        let url = try Receivers.receiver.behave(name, #"{"kind": "wecom", "key": "693a91f6-7xxx"\#(settings)}"#)
        return try Sample.sender(
            .weCom(WeComSettings(url: SecretText(url + "?key=693a91f6-7xxx"))), language: language)
    }

    static func dingTalk(
        _ name: String, settings: String = "", secret: String? = "SEC0123456789abcdef", keyword: String? = nil,
        language: SinkLanguage = .en
    ) throws -> SinkSender {
        let url = try Receivers.receiver.behave(
            name, #"{"kind": "dingtalk", "token": "tok+en/1", "secret": "SEC0123456789abcdef"\#(settings)}"#)
        return try Sample.sender(
            .dingTalk(
                DingTalkSettings(
                    url: SecretText(url + "?access_token=tok%2Ben%2F1"), secret: secret.map(SecretText.init),
                    keyword: keyword)), language: language)
    }

    static func feishu(
        _ name: String, settings: String = #", "secret": "demo-secret""#, secret: String? = "demo-secret",
        keyword: String? = nil, language: SinkLanguage = .en
    ) throws -> SinkSender {
        let url = try Receivers.receiver.behave(name, #"{"kind": "feishu"\#(settings)}"#)
        return try Sample.sender(
            .feishu(
                FeishuSettings(url: SecretText(url), secret: secret.map(SecretText.init), keyword: keyword)),
            language: language)
    }

    static func slack(_ name: String, settings: String = #", "per_second": 50"#) throws -> SinkSender {
        let url = try Receivers.receiver.behave(name, #"{"kind": "slack"\#(settings)}"#)
        return try Sample.sender(.slack(SlackSettings(url: SecretText(url))))
    }
}
