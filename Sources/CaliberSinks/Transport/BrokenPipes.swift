import Glibc

/// Runs `body` so that writing to a connection that the other side closed is an error of that write, and never the
/// signal that ends a process.
///
/// libcurl's TLS library writes without `MSG_NOSIGNAL`. The signal is kept from this thread alone, for this long; what
/// the process wants done about it elsewhere (a pipe's reader that goes away) stays as it was.
///
/// Source of the method: W. R. Stevens, Advanced Programming in the UNIX Environment, 3rd ed., section 12.8.
package func withoutBrokenPipeSignals<Result>(_ body: () -> Result) -> Result {
    var brokenPipe = sigset_t()
    sigemptyset(&brokenPipe)
    sigaddset(&brokenPipe, SIGPIPE)
    var pending = sigset_t()
    sigpending(&pending)
    let wasPending = sigismember(&pending, SIGPIPE) == 1
    var before = sigset_t()
    pthread_sigmask(SIG_BLOCK, &brokenPipe, &before)
    let result = body()
    if !wasPending {
        var atOnce = timespec(tv_sec: 0, tv_nsec: 0)
        while sigtimedwait(&brokenPipe, nil, &atOnce) == -1 && errno == EINTR {}
    }
    pthread_sigmask(SIG_SETMASK, &before, nil)
    return result
}
