import ArgumentParser
import Foundation

/// Links between accounts and their telephones, devices and payment accounts, in no order: `douyin:<id> phone:<hash>` a line.
///
/// Of each person's four links two name the telephone, by two platforms' accounts, one a device, one a payment account; one device
/// in a hundred stands in a shop and is used by strangers. After the links come a tenth as many further ones.
struct IdentityLinksJob: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identity-links-job", abstract: "Write identity links.", shouldDisplay: false)

    @Option var file: String
    @Option var links: Int
    @Option var seed: UInt64 = 1

    private static let platforms = ["douyin", "tmall", "jd", "pinduoduo", "kuaishou", "mini_program"]
    private static let flushByteCount = 1 << 20

    func run() throws {
        let count = links + links / 10
        guard FileManager.default.createFile(atPath: file, contents: nil),
            let output = FileHandle(forWritingAtPath: file)
        else { throw ValidationError("\(file) can't be written.") }
        var text = ""
        for place in 0..<count {
            // The first links are those of all persons but a tenth, in an order that has nothing to do with persons.
            let link =
                place < links ? scattered(place, among: links) : links + scattered(place - links, among: links / 10)
            append(link, to: &text)
            if text.utf8.count > Self.flushByteCount {
                output.write(Data(text.utf8))
                text = ""
            }
        }
        output.write(Data(text.utf8))
        try output.close()
    }

    /// A permutation: a step that has no divisor in common with the count.
    private func scattered(_ place: Int, among count: Int) -> Int {
        var step = 7_368_787 % max(count, 1)
        while greatestCommonDivisor(step, count) != 1 { step += 1 }
        return place * step % count
    }

    private func greatestCommonDivisor(_ one: Int, _ other: Int) -> Int {
        other == 0 ? one : greatestCommonDivisor(other, one % other)
    }

    private func append(_ link: Int, to text: inout String) {
        let person = UInt64(link / 4)
        let draw = mixed(person &* 11 &+ seed)
        let platform = Self.platforms[Int(draw % 6)]
        let second = Self.platforms[Int((draw % 6 + 1 + draw / 6 % 5) % 6)]
        switch link % 4 {
        case 0: text += "\(platform):\(hex(person &* 3)) phone:\(hex(person &* 5 &+ 1))\n"
        case 1: text += "\(second):\(hex(person &* 3 &+ 1)) phone:\(hex(person &* 5 &+ 1))\n"
        case 2:
            let device =
                draw >> 20 % 100 == 0 ? "shop\(draw >> 30 % max(1, UInt64(links) / 10_000))" : hex(person &* 7 &+ 2)
            text += "\(platform):\(hex(person &* 3)) device:\(device)\n"
        default: text += "\(second):\(hex(person &* 3 &+ 1)) payer:\(hex(person &* 13 &+ 3))\n"
        }
    }

    private func hex(_ number: UInt64) -> String { String(mixed(number ^ seed << 40), radix: 16) }

    /// Source: Stafford's variant 13 of MurmurHash3's finaliser.
    private func mixed(_ number: UInt64) -> UInt64 {
        var mixed = number &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// A file of links in memory: where each end's value begins and ends, and which prefix stands before it.
struct LoadedLinks {
    let bytes: Data
    private(set) var ends: [(prefix: UInt8, begin: Int32, end: Int32)] = []
    private(set) var prefixes: [String] = []

    init(_ path: String) throws {
        bytes = try Data(contentsOf: URL(filePath: path))
        guard bytes.count < Int(Int32.max) else { throw ValidationError("\(path) is too long.") }
        ends.reserveCapacity(bytes.count / 20)
        bytes.withUnsafeBytes { bytes in
            var (begin, colon) = (0, 0)
            for (place, byte) in bytes.enumerated() {
                if byte == UInt8(ascii: ":") { colon = place }
                guard byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") else { continue }
                let prefix = UnsafeRawBufferPointer(rebasing: bytes[begin..<colon])
                let known = prefixes.firstIndex { $0.utf8.elementsEqual(prefix) }
                if known == nil { prefixes.append(String(decoding: prefix, as: UTF8.self)) }
                ends.append((UInt8(clamping: known ?? prefixes.count - 1), Int32(colon + 1), Int32(place)))
                begin = place + 1
            }
        }
    }

    var count: Int { ends.count / 2 }
}
