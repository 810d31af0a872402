extension QueryAnswer {
    /// RFC 4180: a header line, lines end with CR LF, null is an empty field and an empty text is `""`.
    func csvText(_ formatting: AnswerFormatting) -> String {
        var text = fields.map { CSVField.text($0.name) }.joined(separator: ",") + "\r\n"
        for row in rows {
            text += zip(row, fields).map { formatting.text($0, $1).map(CSVField.text) ?? "" }.joined(separator: ",")
            text += "\r\n"
        }
        return text
    }
}

package enum CSVField {
    package static func text(_ value: String) -> String {
        let needsQuotes = value.isEmpty || value.unicodeScalars.contains { ["\"", ",", "\r", "\n"].contains($0) }
        guard needsQuotes else { return value }
        var quoted = "\""
        for scalar in value.unicodeScalars {
            if scalar == "\"" { quoted += "\"" }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }
}
