import CaliberCore

extension YAMLValue {
    /// Reads a YAML text that is no part of a dictionary, as the loader reads one and within the same limits.
    ///
    /// - Parameter file: what the places of values and problems name.
    /// - Returns: nil for an empty document.
    /// - Throws: every problem of the text.
    package static func read(_ text: String, file: String) throws(DiagnosticList) -> YAMLValue? {
        var reading = YAMLReading(file: file)
        let value = reading.read(text)
        guard reading.problems.isEmpty else { throw DiagnosticList(reading.problems.map(\.diagnostic)) }
        return value
    }
}
