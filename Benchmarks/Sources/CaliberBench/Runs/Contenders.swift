import ArgumentParser
import Foundation

/// Where the engines' programs are, and the folder that a run works in.
struct Contenders: ParsableArguments {
    @Option(help: "The caliber program.") var caliber = ".build/release/caliber"
    @Option(help: "Folder of the dictionary that the simulated streams keep to.") var dictionary = "dictionary"
    @Option(help: "Folder of the dictionary of the table of orders.") var ordersDictionary = "Benchmarks/dictionary"
    @Option(help: "The feature set that all engines compute.") var featurePage = "Benchmarks/features/windows.yaml"
    @Option(help: "Python with the peers in it.") var python = ".tools/peers/bin/python"
    @Option(help: "Folder of the peers' jobs.") var peers = "Benchmarks/Peers"
    @Option(help: "Folder for the run's databases; what the run makes in it is removed.") var work = ".build-bench/run"

    var scratch: URL { URL(filePath: work) }

    func database(_ name: String) -> String { scratch.appending(path: name).path }

    func peerCommand(_ job: String, _ arguments: [String]) -> [String] { [python, "\(peers)/\(job).py"] + arguments }

    /// Runs one of the peers' jobs.
    func peer(_ job: String, _ arguments: [String]) throws -> MeasuredProcess {
        try MeasuredProcess.run(peerCommand(job, arguments), scratch: scratch)
    }

    /// Runs a job of this program itself: in a process of its own, so that its memory is its own.
    func own(_ job: String, _ arguments: [String] = []) throws -> MeasuredProcess {
        try MeasuredProcess.run([CommandLine.arguments[0], job] + arguments, scratch: scratch)
    }

    /// Removes a database and what its engine keeps beside it.
    func remove(_ database: String) {
        for suffix in ["", "-wal", "-shm", ".lock", ".wal"] {
            try? FileManager.default.removeItem(atPath: database + suffix)
        }
    }

    /// A copy of Caliber's database that may be changed; it takes the place of an earlier one.
    func copy(ofCaliber database: String) throws -> String {
        let copy = self.database("changed.caliber")
        remove(copy)
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: database + suffix) {
            try FileManager.default.copyItem(atPath: database + suffix, toPath: copy + suffix)
        }
        return copy
    }
}

extension MeasuredProcess {
    func report<Report: Decodable>(_ type: Report.Type) throws -> Report {
        try JSONDecoder().decode(type, from: output)
    }
}
