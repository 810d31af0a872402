import Foundation

/// The middle of some values, or the mean of the two in the middle.
///
/// - Precondition: there is at least one.
func median(_ values: [Double]) -> Double {
    precondition(!values.isEmpty, "a median is taken of something")
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// The mean of ratios; nil without any.
func geometricMean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : exp(values.reduce(0) { $0 + log($1) } / Double(values.count))
}
