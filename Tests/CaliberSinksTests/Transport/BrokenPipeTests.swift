import CaliberSinks
import CaliberTesting
import Glibc
import Testing

@Suite struct BrokenPipeTests {
    @Test func `writing to who is gone is an error of the write, and the signal is as it was afterwards`() async {
        await #expect(processExitsWith: .success) {
            signal(SIGPIPE, SIG_DFL)
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            close(ends[0])
            let (written, reason) = withoutBrokenPipeSignals { (write(ends[1], "x", 1), errno) }
            try #require(written == -1 && reason == EPIPE)
            // Neither is it pending, nor is it still held back.
            var pending = sigset_t()
            sigpending(&pending)
            try #require(sigismember(&pending, SIGPIPE) == 0)
            var held = sigset_t()
            pthread_sigmask(SIG_BLOCK, nil, &held)
            try #require(sigismember(&held, SIGPIPE) == 0)
        }
    }

    @Test func `without it the process would have ended`() async {
        await #expect(processExitsWith: .signal(SIGPIPE)) {
            signal(SIGPIPE, SIG_DFL)
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            close(ends[0])
            write(ends[1], "x", 1)
        }
    }
}
