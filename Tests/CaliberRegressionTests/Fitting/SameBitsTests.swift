import CaliberRegression
import CaliberTesting
import Foundation
import Testing

/// Coefficients are the same to the last bit, whoever makes them.
@Suite struct SameBitsTests {
    /// Small rows take Newton's steps, many rows take sub-samples and quasi-Newton steps; 21 columns fill no vector.
    static let sizes: [(rowCount: Int, columnCount: Int)] = [(1500, 21), (30_011, 13), (9000, 16)]

    func bits(_ fit: LogisticFit) -> [UInt64] {
        (fit.coefficients + [fit.intercept] + (fit.errors?.coefficients.compactMap { $0 } ?? [])).map(\.bitPattern)
    }

    @Test(arguments: sizes.indices)
    func `the number of threads changes no bit`(size: Int) throws {
        let (rowCount, columnCount) = SameBitsTests.sizes[size]
        let rows = try MadeRows.dense(rowCount: rowCount, columnCount: columnCount, seed: 20 + UInt64(size)).rows()
        let fits = try [1, 2, 3, 8].map { threads in
            try LogisticFitter(FittingSettings(threads: threads)).fit(rows)
        }
        for fit in fits { #expect(bits(fit) == bits(fits[0])) }
    }

    @Test(arguments: sizes.indices)
    func `the processor's instructions change no bit`(size: Int) throws {
        let (rowCount, columnCount) = SameBitsTests.sizes[size]
        let rows = try MadeRows.dense(rowCount: rowCount, columnCount: columnCount, seed: 30 + UInt64(size)).rows()
        let fits = try Instructions.available.map { instructions in
            var settings = FittingSettings()
            settings.instructions = instructions
            return try LogisticFitter(settings).fit(rows)
        }
        #expect(fits.count == Instructions.available.count)
        for fit in fits { #expect(bits(fit) == bits(fits[0])) }
    }

    @Test func `a recorded fit comes out the same on every machine`() throws {
        let rows = try MadeRows.oneHot(rowCount: 5000, levels: [7, 5, 2], seed: 40).rows()
        let fit = try LogisticFitter(FittingSettings()).fit(rows)
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        for bits in bits(fit) { digest = (digest ^ bits) &* 0x100_0000_01B3 }
        #expect(digest == 14_483_008_964_473_597_696)
    }
}
