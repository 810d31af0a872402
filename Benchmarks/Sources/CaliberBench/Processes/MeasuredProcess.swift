import Foundation
import Glibc

/// A job as a process of its own, measured from outside.
struct MeasuredProcess {
    let wallSeconds: Double
    /// The most memory it held at once, as the kernel counts resident pages, those of mapped files among them.
    let peakBytes: Int
    let output: Data

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs a program to its end. Data that other jobs left to be written is written first, so that it is not their
    /// disk traffic that is measured.
    ///
    /// - Parameters:
    ///   - feed: a second program, whose output the first one reads; only the first one is measured.
    ///   - scratch: a folder for what the programs print.
    /// - Throws: `Failure` with the end of what it said, when one does not end with 0.
    static func run(_ command: [String], fedBy feed: [String]? = nil, scratch: URL) throws -> MeasuredProcess {
        let outputPath = scratch.appending(path: "stdout").path
        let pipe = try feed.map { _ in try Pipe() }
        sync()
        let clock = ContinuousClock()
        let start = clock.now
        let child = try Child.start(
            command, input: pipe?.readEnd, output: .file(outputPath), errors: scratch.appending(path: "stderr").path)
        let feeder = try feed.map {
            try Child.start(
                $0, input: nil, output: .descriptor(pipe?.writeEnd ?? -1),
                errors: scratch.appending(path: "feed-stderr").path)
        }
        pipe?.close()
        let usage = try child.wait()
        let seconds = (clock.now - start) / .seconds(1)
        _ = try feeder?.wait()
        return MeasuredProcess(
            wallSeconds: seconds, peakBytes: usage.ru_maxrss * 1024,
            output: try Data(contentsOf: URL(filePath: outputPath)))
    }

    fileprivate static func errorText(_ code: Int32) -> String { String(cString: strerror(code)) }
}

/// Both ends of a pipe; what is started gets its own copies.
private struct Pipe {
    let readEnd: Int32
    let writeEnd: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else {
            throw MeasuredProcess.Failure(description: "no pipe: \(MeasuredProcess.errorText(errno))")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    func close() {
        Glibc.close(readEnd)
        Glibc.close(writeEnd)
    }
}

/// A program that was started.
private struct Child {
    let command: [String]
    let process: pid_t
    let errorPath: String

    enum Output {
        case file(String)
        case descriptor(Int32)
    }

    static func start(_ command: [String], input: Int32?, output: Output, errors errorPath: String) throws -> Child {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let writing = O_WRONLY | O_CREAT | O_TRUNC
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        }
        switch output {
        case .file(let path): posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, path, writing, 0o644)
        case .descriptor(let end): posix_spawn_file_actions_adddup2(&actions, end, STDOUT_FILENO)
        }
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errorPath, writing, 0o644)

        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, command[0], &actions, nil, arguments, environ)
        guard code == 0 else {
            throw MeasuredProcess.Failure(
                description:
                    "\(command.joined(separator: " ")) could not be started: \(MeasuredProcess.errorText(code))")
        }
        return Child(command: command, process: process, errorPath: errorPath)
    }

    /// - Throws: `Failure` when it does not end with 0.
    func wait() throws -> rusage {
        var status: Int32 = 0
        var usage = rusage()
        while wait4(process, &status, 0, &usage) < 0 {
            guard errno == EINTR else {
                throw failure("could not be waited for: \(MeasuredProcess.errorText(errno))")
            }
        }
        guard status == 0 else {
            let words = (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? ""
            throw failure("ended with status \(status):\n\(words.suffix(2000))")
        }
        return usage
    }

    private func failure(_ words: String) -> MeasuredProcess.Failure {
        MeasuredProcess.Failure(description: "\(command.joined(separator: " ")) \(words)")
    }
}
