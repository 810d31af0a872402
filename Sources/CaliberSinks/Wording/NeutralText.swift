/// Words of others (titles, notes of orders, names of buyers) for chats: nothing in them is markup any more.
///
/// The robots' Markdown has no escapes that can be relied on. So signs that would mean something are written in their
/// full-width form, which people read as the same and programs don't: no mention, no link with a text of its own, no
/// picture, no heading. An address loses the sign that makes it one. What a client makes a link of by itself, such as
/// a bare `example.com`, stays.
enum NeutralText {
    /// Signs of which the robots' Markdown makes something, and their full-width forms.
    private static let signs: [Unicode.Scalar: Unicode.Scalar] = [
        "<": "＜", ">": "＞", "[": "［", "]": "］", "*": "＊", "`": "｀", "\\": "＼", "&": "＆", "@": "＠",
    ]

    /// For WeCom and DingTalk.
    static func markdown(_ text: String) -> String { written(text, replacing: signs) }

    /// For Feishu's text elements, which know mentions in angle brackets alone.
    static func tags(_ text: String) -> String {
        written(text, replacing: signs.filter { "<>@&".contains(Character($0.key)) })
    }

    /// For Slack's plain text, which knows nothing once `&`, `<` and `>` are written as entities.
    static func plain(_ text: String) -> String { written(text, replacing: [:]) }

    private static func written(_ text: String, replacing signs: [Unicode.Scalar: Unicode.Scalar]) -> String {
        var scalars = String.UnicodeScalarView()
        let source = Array(text.unicodeScalars)
        for (index, scalar) in source.enumerated() {
            if scalar.isControl || scalar.isReordering {
                scalars.append(" ")
            } else if scalar == "#", scalars.allSatisfy({ $0 == " " }) {
                scalars.append("＃")
            } else if scalar == ":", index + 2 < source.count, source[index + 1] == "/", source[index + 2] == "/" {
                scalars.append("：")
            } else {
                scalars.append(signs[scalar] ?? scalar)
            }
        }
        return String(scalars)
    }
}

extension Unicode.Scalar {
    /// Turns the direction of what follows: a text could show another order of letters than it has.
    var isReordering: Bool {
        (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value) || value == 0x200E || value == 0x200F
    }
}
