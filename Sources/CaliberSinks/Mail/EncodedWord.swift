import Foundation

/// Texts in the headers of mails.
enum HeaderText {
    /// A text that stands in a header as it is, when it is plain ASCII of moderate length; else encoded words, one a
    /// line, none of which cuts a character.
    ///
    /// Source: RFC 2047, sections 2 and 5: 75 characters a word at most, `=?UTF-8?B?…?=`.
    static func encoded(_ text: String) -> String {
        let clean = singleLine(text)
        let isPlain = clean.utf8.allSatisfy { (0x20...0x7E).contains($0) } && !clean.contains("=?")
        if isPlain, clean.utf8.count <= 60 { return clean }
        return words(of: clean).joined(separator: "\r\n ")
    }

    /// Line breaks and other control characters as spaces: a header has one line, and nobody else's.
    static func singleLine(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isControl ? " " : $0 }))
    }

    /// 39 bytes are 64 characters with what stands around them, so that the name of the header fits before the first word.
    private static let bytesPerWord = 39

    static func words(of text: String) -> [String] {
        var words: [[UInt8]] = [[]]
        for character in text {
            for piece in pieces(of: character) {
                if words[words.count - 1].count + piece.count > bytesPerWord { words.append([]) }
                words[words.count - 1] += piece
            }
        }
        return words.map { "=?UTF-8?B?\(Data($0).base64EncodedString())?=" }
    }

    /// A character whole, or its scalars where it alone is longer than a word.
    private static func pieces(of character: Character) -> [[UInt8]] {
        let whole = Array(String(character).utf8)
        return whole.count <= bytesPerWord ? [whole] : character.unicodeScalars.map { Array(String($0).utf8) }
    }
}
