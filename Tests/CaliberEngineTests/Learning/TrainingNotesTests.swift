import CaliberEngine
import CaliberRegression
import Testing

/// What a training says of its columns, in a few sentences.
@Suite struct TrainingNotesTests {
    private func preparation(_ columns: [[Double]]) throws -> DesignPreparation {
        let matrix = DesignMatrix(rowCount: columns[0].count, columnCount: columns.count)
        for (column, values) in columns.enumerated() {
            for (row, value) in values.enumerated() { matrix.row(row)[column] = value }
        }
        return try DesignPreparation(learningFrom: matrix)
    }

    private let nan = Double.nan

    @Test func `columns that are missing together are one note, with the first of them and how many`() throws {
        let columns =
            (0..<150).map { [nan, Double($0), 2 * Double($0) + 1, nan] } + [[1, 2, nan, 4], [5, 6, nan, 9]]
        let notes = TrainingNotes(try preparation(columns), fit: [], names: columns.indices.map { "c\($0)" })
        #expect(
            notes.texts == [
                "149 columns are missing exactly where c0 is: its missing weight speaks for all of them.",
                "1 column is missing exactly where c150 is: its missing weight speaks for all of them.",
            ])
    }

    @Test func `columns without values are named while they are few, and counted when they are many`() throws {
        let few = try preparation([[1, 2, 3], [5, 5, 5], [nan, nan, nan]])
        #expect(
            TrainingNotes(few, fit: [], names: ["a", "b", "c"]).texts == [
                "b is 5 wherever it is known: its values are left out.", "c is never known, and left out.",
            ])
        let many = try preparation(
            [[1, 2, 3]] + Array(repeating: [0, 0, 0], count: 5) + [[nan, nan, nan], [nan, nan, nan]])
        #expect(
            TrainingNotes(many, fit: [], names: (0..<8).map { "c\($0)" }).texts == [
                "5 columns have a single value, and are left out: c1, c2, c3 and 2 more.",
                "2 columns are never known, and are left out: c6 and c7.",
            ])
    }

    @Test func `of columns that others make up a handful is named`() throws {
        let preparation = try preparation([[1, nan, 3, 7], [2, 5, 6, 6], [0, 1, 0, 0], [1, 0, 1, 1], [4, 3, 2, 2]])
        let names = ["amount", "quantity", "is_gift", "is_bought", "age"]
        let dependent = [
            DependentColumn(column: 3, others: [2], includesConstant: true),
            DependentColumn(column: 5, others: [0, 1, 2, 3, 4], includesConstant: false),
        ]
        #expect(
            TrainingNotes(preparation, fit: [.dependentColumns(dependent), .separable], names: names).texts == [
                "is_bought is made up of is_gift and a constant.",
                "The absence of amount is made up of amount, quantity, is_gift and 2 more.", FittingNote.separable.text,
            ])
        for (count, last) in [(6, "1 more column is"), (45, "40 more columns are")] {
            let all = Array(repeating: dependent[0], count: count)
            let texts = TrainingNotes(preparation, fit: [.dependentColumns(all)], names: names).texts
            #expect(texts.count == TrainingNotes.sentenceLimit + 1)
            #expect(texts.last == "\(last) made up of others; the penalty parts the weight among them.")
        }
    }
}
