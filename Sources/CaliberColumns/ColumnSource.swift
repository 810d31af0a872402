import CaliberCore
import CaliberDictionary

/// Where a vector program reads its inputs from, a chunk of rows at a time: a batch of events, a table segment.
package protocol ColumnSource {
    var rowCount: Int { get }

    /// Copies rows of one input into eight-byte lanes and validity bytes; nulls are lane 0, validity 0.
    ///
    /// - Parameters:
    ///   - input: the position of a column in the program's `inputs`.
    ///   - rows: at most `VectorProgram.chunkRowCount` of them.
    func read(
        _ input: Int, rows: Range<Int>, into lanes: UnsafeMutablePointer<Int64>,
        validity: UnsafeMutablePointer<UInt8>)

    /// The strings that an input's codes stand for; nil for inputs that are no strings.
    func pool(of input: Int) -> StringPool?
}
