/// A row of numbers as a row of eighth blocks: the smallest picture that shows a shape.
enum Sparkline {
    private static let blocks = Array("▁▂▃▄▅▆▇█")

    /// One character a value, scaled from 0 to `largest`; a missing value is a dot, a value below 0 an underscore.
    static func draw(_ values: [Double?], largest: Double) -> String {
        String(
            values.map { value -> Character in
                guard let value else { return "·" }
                guard value >= 0 else { return "_" }
                guard largest > 0 else { return blocks[0] }
                let step = Int((value / largest * Double(blocks.count - 1)).rounded())
                return blocks[min(max(step, 0), blocks.count - 1)]
            })
    }

    /// Joins neighbours until at most `width` values remain; a joined value is the sum of its parts.
    static func condense(_ values: [Double?], to width: Int) -> [Double?] {
        guard values.count > width, width > 0 else { return values }
        let step = (values.count + width - 1) / width
        return stride(from: 0, to: values.count, by: step).map { start in
            let part = values[start..<min(start + step, values.count)].compactMap { $0 }
            return part.isEmpty ? nil : part.reduce(0, +)
        }
    }
}
