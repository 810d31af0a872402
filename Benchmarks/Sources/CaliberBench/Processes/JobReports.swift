import Foundation

/// What a job of intake says about itself, in one line of JSON.
struct IntakeJobReport: Codable {
    /// Inside the process, without the start of an interpreter; absent where the whole process counts.
    var seconds: Double?
    /// Of the database file, once it is checkpointed.
    let databaseBytes: Int
    /// What was counted, by the names of `StreamFacts.totals`; not every engine can say all of them.
    let totals: [String: Int64]
}

/// What a job that makes a peer's database says.
struct LoadJobReport: Codable {
    let seconds: Double
    let databaseBytes: Int
}

/// What a job of queries says about itself, in one line of JSON.
struct QueryJobReport: Codable {
    /// Of each run after the first, by query.
    let seconds: [String: [Double]]
    let answers: [String: [[AnswerCell]]]
    /// From before the database is opened to after the last answer.
    var openAndRunSeconds: Double?
}

/// What a sum over a large array costs on this machine, in the run's own hour.
struct BandwidthReport: Codable {
    let oneThreadBytesPerSecond: Double
    let twoThreadsBytesPerSecond: Double
}

/// Prints a job's one line.
func printReport(_ report: some Encodable) throws {
    print(String(decoding: try JSONEncoder().encode(report), as: UTF8.self))
}
