import CCurl
import Glibc

/// libcurl's handle: one transfer at a time, its connections kept for the next one. Used by one thread at a time.
final class Connection {
    struct Limits {
        let timeoutSeconds: Double
        let certificateAuthorityFile: String?
        let policy: AddressPolicy
        /// Asked about once a second; true ends the transfer.
        let shouldStop: () -> Bool
    }

    /// Connecting, the look-up of the name included, may take this long of the whole.
    private static let connectTimeoutSeconds = 10.0
    /// `CURL_GLOBAL_ALL`, whose macro Swift does not see.
    private static let isLibraryReady = curl_global_init(3) == CURLE_OK

    private let handle: UnsafeMutableRawPointer
    /// What libcurl says in words about a failure. A place that stays, because libcurl keeps its address.
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    /// The first option that the library would not take: nothing is sent then, because it may be one that guards.
    private var optionCode = CURLE_OK

    /// - Returns: nil when there is no memory for it.
    init?() {
        guard Connection.isLibraryReady, let handle = curl_easy_init() else {
            errorText.deallocate()
            return nil
        }
        self.handle = handle
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(handle)
        errorText.deallocate()
    }

    /// Posts, and gives the answer whatever its status.
    func post(_ request: HTTPRequest, host: String, limits: Limits) -> Result<HTTPAnswer, TransferFailure> {
        let transfer = Transfer(policy: limits.policy, host: host, shouldStop: limits.shouldStop)
        defer { forget() }
        prepare(for: transfer, limits: limits, protocols: "http,https")
        text(CURLOPT_URL, request.url)
        long(CURLOPT_POST, 1)
        let headers = HeaderList(
            ["Content-Type: application/json; charset=utf-8", "User-Agent: Caliber", "Accept: */*", "Expect:"]
                + request.headers.map { "\($0.name): \($0.value)" })
        set(caliber_curl_set_list(handle, CURLOPT_HTTPHEADER, headers.first))
        var body = request.body
        let code = body.withUnsafeMutableBytes { bytes in
            long(CURLOPT_POSTFIELDSIZE, bytes.count)
            // Where there is no byte there is no address either, and libcurl would ask for an upload.
            if let start = bytes.baseAddress {
                pointer(CURLOPT_POSTFIELDS, start)
            } else {
                text(CURLOPT_POSTFIELDS, "")
            }
            return perform(transfer)
        }
        withExtendedLifetime(headers) {}
        // The rest of a long answer wasn't wanted.
        guard code == CURLE_OK || (code == CURLE_WRITE_ERROR && transfer.isBodyCut) else {
            return .failure(failure(of: code, transfer: transfer, host: host, limits: limits))
        }
        return .success(
            HTTPAnswer(status: status, retryAfter: transfer.header("retry-after"), body: transfer.body))
    }

    /// Delivers a mail in a session of its own.
    func deliver(_ mail: MailTransfer, limits: Limits) -> Result<MailAnswer, TransferFailure> {
        let transfer = Transfer(
            policy: limits.policy, host: mail.host, upload: mail.content, shouldStop: limits.shouldStop)
        defer { forget() }
        prepare(for: transfer, limits: limits, protocols: "smtp,smtps")
        text(CURLOPT_URL, mail.url)
        long(CURLOPT_USE_SSL, mail.requiresEncryption ? Int(CURLUSESSL_ALL.rawValue) : Int(CURLUSESSL_NONE.rawValue))
        if let login = mail.login {
            text(CURLOPT_USERNAME, login.user)
            text(CURLOPT_PASSWORD, login.password.value)
        }
        text(CURLOPT_MAIL_FROM, "<\(mail.from)>")
        let recipients = HeaderList(mail.recipients.map { "<\($0)>" })
        set(caliber_curl_set_list(handle, CURLOPT_MAIL_RCPT, recipients.first))
        // One mailbox that is gone must not keep the mail from the others.
        long(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1)
        long(CURLOPT_UPLOAD, 1)
        // A server ends idle sessions as it likes; mail is rare enough to greet anew.
        long(CURLOPT_FORBID_REUSE, 1)
        set(caliber_curl_set_data_function(handle, CURLOPT_READFUNCTION, Transfer.sendUpload))
        pointer(CURLOPT_READDATA, Unmanaged.passUnretained(transfer).toOpaque())
        let code = perform(transfer)
        withExtendedLifetime(recipients) {}
        if code == CURLE_OK {
            return .success(MailAnswer(lines: transfer.headerLines, recipientCount: mail.recipients.count))
        }
        if let answer = MailAnswer(failedWith: code, lines: transfer.headerLines) { return .success(answer) }
        return .failure(failure(of: code, transfer: transfer, host: mail.host, limits: limits))
    }

    /// Sets what is the same for every transfer.
    private func prepare(for transfer: Transfer, limits: Limits, protocols: String) {
        forget()
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        errorText[0] = 0
        pointer(CURLOPT_ERRORBUFFER, errorText)
        // Timeouts without signals: there are other threads.
        long(CURLOPT_NOSIGNAL, 1)
        long(CURLOPT_TIMEOUT_MS, Int(limits.timeoutSeconds * 1000))
        long(CURLOPT_CONNECTTIMEOUT_MS, Int(min(limits.timeoutSeconds, Connection.connectTimeoutSeconds) * 1000))
        // A look-up that hangs is left to its thread; else the timeout would wait for it.
        long(CURLOPT_QUICK_EXIT, 1)
        text(CURLOPT_PROTOCOLS_STR, protocols)
        long(CURLOPT_FOLLOWLOCATION, 0)
        // An empty proxy also keeps those of the environment out: the guard must see the receiver's own address.
        text(CURLOPT_PROXY, "")
        long(CURLOPT_SSL_VERIFYPEER, 1)
        long(CURLOPT_SSL_VERIFYHOST, 2)
        if let file = limits.certificateAuthorityFile {
            text(CURLOPT_CAINFO, file)
            pointer(CURLOPT_CAPATH, nil)
        }
        // Each new connection asks anew where the host is; kept connections spare the look-up.
        long(CURLOPT_DNS_CACHE_TIMEOUT, 0)
        set(caliber_curl_set_open_socket_function(handle, Transfer.openSocket))
        pointer(CURLOPT_OPENSOCKETDATA, context)
        set(caliber_curl_set_data_function(handle, CURLOPT_WRITEFUNCTION, Transfer.receiveBody))
        pointer(CURLOPT_WRITEDATA, context)
        set(caliber_curl_set_data_function(handle, CURLOPT_HEADERFUNCTION, Transfer.receiveHeader))
        pointer(CURLOPT_HEADERDATA, context)
        long(CURLOPT_NOPROGRESS, 0)
        set(caliber_curl_set_progress_function(handle, Transfer.progress))
        pointer(CURLOPT_XFERINFODATA, context)
    }

    /// Takes all options back: nothing of a transfer may be called for once it is gone. Connections stay.
    private func forget() {
        curl_easy_reset(handle)
        optionCode = CURLE_OK
    }

    private func perform(_ transfer: Transfer) -> CURLcode {
        guard optionCode == CURLE_OK else { return optionCode }
        let code = withoutBrokenPipeSignals { curl_easy_perform(handle) }
        withExtendedLifetime(transfer) {}
        return code
    }

    private var status: Int {
        var value = 0
        caliber_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &value)
        return value
    }

    private func failure(of code: CURLcode, transfer: Transfer, host: String, limits: Limits) -> TransferFailure {
        if let refused = transfer.refused, transfer.allowedAddressCount == 0 {
            return .addressRefused(host: host, address: refused.address, kind: refused.kind)
        }
        if transfer.hasTooManyHeaders { return .failed(reason: "\(host) answered with too many headers") }
        switch code {
        case CURLE_OPERATION_TIMEDOUT:
            return .failed(reason: "\(host) did not answer within \(limits.timeoutSeconds) s")
        case CURLE_ABORTED_BY_CALLBACK: return .failed(reason: "the try was called off")
        default:
            let said = String(cString: errorText)
            let inShort = curl_easy_strerror(code).map { String(cString: $0) } ?? "error \(code.rawValue)"
            return .failed(reason: "\(host): \(said.isEmpty ? inShort : said)")
        }
    }

    private func long(_ option: CURLoption, _ value: Int) { set(caliber_curl_set_long(handle, option, value)) }

    private func text(_ option: CURLoption, _ value: String) { set(caliber_curl_set_text(handle, option, value)) }

    private func pointer(_ option: CURLoption, _ value: UnsafeMutableRawPointer?) {
        set(caliber_curl_set_pointer(handle, option, value))
    }

    private func set(_ code: CURLcode) {
        if optionCode == CURLE_OK { optionCode = code }
    }
}

/// Texts as libcurl lists them.
private final class HeaderList {
    private(set) var first: UnsafeMutablePointer<curl_slist>?

    init(_ texts: [String]) {
        for text in texts { first = curl_slist_append(first, text) ?? first }
    }

    deinit {
        curl_slist_free_all(first)
    }
}
