import CaliberCore
import CaliberDictionary

extension QueryAnswer {
    /// The exact text of a value, as every format prints it; nil for null.
    public func text(of value: AnswerValue, in field: AnswerField) -> String? {
        AnswerFormatting(zone: zone, decimals: nil).text(value, field)
    }
}
