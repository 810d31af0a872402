import CaliberCore
import Foundation

/// What a chat robot's answer says inside: a code that is 0 when the group has the message, whatever the HTTP status.
struct RobotAnswer: Decodable {
    let code: Int
    let message: String

    private enum Keys: String, CodingKey {
        // WeCom and DingTalk; Feishu; Feishu as it once was.
        case errcode, errmsg, code, msg
        case StatusCode, StatusMessage
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        for (codeKey, messageKey) in [(Keys.errcode, Keys.errmsg), (.code, .msg), (.StatusCode, .StatusMessage)] {
            guard container.contains(codeKey) else { continue }
            code = try container.decode(Int.self, forKey: codeKey)
            message = (try? container.decodeIfPresent(String.self, forKey: messageKey)) ?? ""
            return
        }
        throw DecodingError.keyNotFound(
            Keys.errcode, DecodingError.Context(codingPath: [], debugDescription: "the answer has no code"))
    }

    /// What the robot's own code means for a message.
    enum Meaning {
        /// The robot or the group is no more.
        case gone
        /// This message will not be taken.
        case refused
        /// Too many messages; how long the robot's window is.
        case throttled(seconds: Double)
        /// It may go well later: the robot's trouble, or a setting that a person can mend.
        case failed
    }
}

extension HTTPAnswer {
    /// - Parameter meaning: of a code that is not 0.
    func robotOutcome(at moment: Timestamp, meaning: (RobotAnswer) -> RobotAnswer.Meaning) -> SendOutcome {
        if status == 429 || status == 410 { return outcomeByStatus(at: moment) ?? .failed(reason: summary) }
        guard let answer = try? JSONDecoder().decode(RobotAnswer.self, from: Data(body)) else {
            return outcomeByStatus(at: moment)
                ?? .failed(reason: "\(summary) (no answer of a robot: it has no code)")
        }
        if answer.code == 0 { return outcomeByStatus(at: moment) ?? .delivered(answer: summary) }
        return switch meaning(answer) {
        case .gone: .gone(reason: summary)
        case .refused: .refused(reason: summary)
        case .throttled(let seconds):
            .throttled(reason: summary, retryAfterSeconds: retryAfterSeconds(at: moment) ?? seconds)
        case .failed: .failed(reason: summary)
        }
    }
}
