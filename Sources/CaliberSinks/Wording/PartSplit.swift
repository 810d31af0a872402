import CaliberCore

/// Splits what people are to read into the parts that a receiver's limits ask for.
///
/// A part ends between alerts where it can, else at a line's end, else between two characters.
struct PartSplit {
    /// No message becomes more parts than this; alerts past them are counted, not listed.
    static let partLimit = 10

    /// What a part may cost, in the receiver's unit.
    let partCost: Int
    /// What a block may cost, where a receiver limits blocks too.
    let blockCost: Int
    let blockCount: Int
    /// What stands between two blocks costs this.
    let separatorCost: Int
    /// What a line costs with its markup and its line end.
    let cost: (ReadableLine) -> Int

    init(
        partCost: Int, blockCost: Int? = nil, blockCount: Int = .max, separatorCost: Int = 0,
        cost: @escaping (ReadableLine) -> Int
    ) {
        self.partCost = partCost
        self.blockCost = min(partCost, blockCost ?? partCost)
        self.blockCount = blockCount
        self.separatorCost = separatorCost
        self.cost = cost
    }

    /// The parts of a message, each a list of blocks. Where there are several, each begins with its number.
    func parts(of message: AlertMessage, wording: Wording, neutral: @escaping (String) -> String) -> [[[ReadableLine]]]
    {
        message.fitted { message, _ in
            numbered(ReadableMessage(message, wording: wording, neutral: neutral))
        } fits: {
            $0.count <= PartSplit.partLimit
        }
    }

    private func numbered(_ readable: ReadableMessage) -> [[[ReadableLine]]] {
        let undivided = pack(readable.blocks, partCost: partCost)
        if undivided.count <= 1 { return undivided }
        let title = readable.title.shortened(toScalars: 60)
        let widest = separatorCost + cost(ReadableLine("(99/99) \(title)", style: .heading))
        let parts = pack(readable.blocks, partCost: partCost - widest)
        return parts.enumerated().map { index, blocks in
            let mark = index == 0 ? "(1/\(parts.count))" : "(\(index + 1)/\(parts.count)) \(title)"
            return [[ReadableLine(mark, style: .heading)]] + blocks
        }
    }

    private func pack(_ blocks: [[ReadableLine]], partCost: Int) -> [[[ReadableLine]]] {
        var parts: [[[ReadableLine]]] = [[]]
        var spent = 0
        for block in blocks.flatMap({ divided($0, within: min(blockCost, partCost - separatorCost)) }) {
            let blockCost = block.reduce(separatorCost) { $0 + cost($1) }
            let isFull = spent + blockCost > partCost || parts[parts.count - 1].count >= blockCount
            if isFull, !parts[parts.count - 1].isEmpty {
                parts.append([])
                spent = 0
            }
            parts[parts.count - 1].append(block)
            spent += blockCost
        }
        return parts
    }

    /// A block as it is, or at its line ends as several.
    private func divided(_ block: [ReadableLine], within limit: Int) -> [[ReadableLine]] {
        if block.reduce(0, { $0 + cost($1) }) <= limit { return [block] }
        var blocks: [[ReadableLine]] = [[]]
        var spent = 0
        for line in block.flatMap({ divided($0, within: limit) }) {
            let lineCost = cost(line)
            if spent + lineCost > limit, !blocks[blocks.count - 1].isEmpty {
                blocks.append([])
                spent = 0
            }
            blocks[blocks.count - 1].append(line)
            spent += lineCost
        }
        return blocks
    }

    /// A line as it is, or between characters as several. A character is cut only where it alone is too long, and then
    /// between its scalars.
    private func divided(_ line: ReadableLine, within limit: Int) -> [ReadableLine] {
        if cost(line) <= limit { return [line] }
        // Half an address leads nowhere.
        if line.style == .link { return [] }
        let empty = cost(ReadableLine("", label: line.label))
        var pieces: [String] = [""]
        var spent = 0
        for unit in units(of: line.text, within: limit - empty) {
            let unitCost = cost(ReadableLine(unit)) - cost(ReadableLine(""))
            if spent + unitCost > limit - empty, !pieces[pieces.count - 1].isEmpty {
                pieces.append("")
                spent = 0
            }
            pieces[pieces.count - 1] += unit
            spent += unitCost
        }
        return pieces.enumerated().map { index, text in ReadableLine(text, label: index == 0 ? line.label : nil) }
    }

    private func units(of text: String, within limit: Int) -> [String] {
        text.flatMap { character -> [String] in
            let whole = String(character)
            guard whole.utf8.count > 16, cost(ReadableLine(whole)) - cost(ReadableLine("")) > limit else {
                return [whole]
            }
            return character.unicodeScalars.map { String($0) }
        }
    }
}
