/// Whole numbers near to exact parts that add up to a given whole: the method of largest remainders.
enum Apportionment {
    /// Parts beyond it stand at it; far past anything that is shown.
    static let partLimit = 1e12

    /// Each part is rounded down or up, up where most was cut off, ties by place; `first` takes what rounding alone can't
    /// explain.
    static func wholes(of parts: [Double], first: Double, sum: Int) -> (first: Int, rest: [Int]) {
        let exact = ([first] + parts).map { part in
            part.isNaN ? 0 : min(max(part, -partLimit), partLimit)
        }
        var wholes = exact.map { Int($0.rounded(.down)) }
        var remainder = sum - wholes.reduce(0, +)
        let cut = exact.indices.map { exact[$0] - Double(wholes[$0]) }
        let candidates = exact.indices.filter { cut[$0] > 0 }.sorted {
            cut[$0] != cut[$1] ? cut[$0] > cut[$1] : $0 < $1
        }
        for index in candidates where remainder > 0 {
            wholes[index] += 1
            remainder -= 1
        }
        wholes[0] += remainder
        return (wholes[0], Array(wholes.dropFirst()))
    }
}
