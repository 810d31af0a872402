import Foundation
import Glibc

/// A job as a process of its own, measured from outside.
struct MeasuredProcess {
    let wallSeconds: Double
    /// The most memory it held at once, as the kernel counts resident pages.
    let peakBytes: Int
    let output: Data

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs a program to its end. Data that other jobs left to be written is written first, so that it is not their
    /// disk traffic that is measured.
    ///
    /// - Parameter scratch: a folder for what the program prints.
    /// - Throws: `Failure` with the end of what it said, when it does not end with 0.
    static func run(_ command: [String], scratch: URL) throws -> MeasuredProcess {
        let outputPath = scratch.appending(path: "stdout").path
        let errorPath = scratch.appending(path: "stderr").path
        sync()
        let clock = ContinuousClock()
        let start = clock.now
        let process = try spawn(command, outputPath, errorPath)
        var status: Int32 = 0
        var usage = rusage()
        while wait4(process, &status, 0, &usage) < 0 {
            guard errno == EINTR else { throw failure(command, "could not be waited for: \(errorText(errno))") }
        }
        let seconds = (clock.now - start) / .seconds(1)
        guard status == 0 else {
            let words = (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? ""
            throw failure(command, "ended with status \(status):\n\(words.suffix(2000))")
        }
        return MeasuredProcess(
            wallSeconds: seconds, peakBytes: usage.ru_maxrss * 1024,
            output: try Data(contentsOf: URL(filePath: outputPath)))
    }

    private static func spawn(_ command: [String], _ outputPath: String, _ errorPath: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let writing = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, outputPath, writing, 0o644)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errorPath, writing, 0o644)

        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, command[0], &actions, nil, arguments, environ)
        guard code == 0 else { throw failure(command, "could not be started: \(errorText(code))") }
        return process
    }

    private static func errorText(_ code: Int32) -> String { String(cString: strerror(code)) }

    private static func failure(_ command: [String], _ words: String) -> Failure {
        Failure(description: "\(command.joined(separator: " ")) \(words)")
    }
}
