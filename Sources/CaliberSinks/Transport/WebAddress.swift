import CCurl

/// A URL as libcurl itself takes it apart, so that what is checked is what is spoken to.
struct WebAddress: Sendable {
    enum Problem: Error {
        case malformed(reason: String)
    }

    let scheme: String
    /// Lower case; IPv6 addresses without brackets.
    let host: String
    let port: String?
    let hasCredentials: Bool
    let fragment: String?
    let path: String
    let query: String?

    init(_ text: String) throws(Problem) {
        guard let parsed = curl_url() else { throw .malformed(reason: "out of memory") }
        defer { curl_url_cleanup(parsed) }
        let code = curl_url_set(parsed, CURLUPART_URL, text, 0)
        guard code == CURLUE_OK else {
            throw .malformed(reason: curl_url_strerror(code).map { String(cString: $0) } ?? "malformed")
        }
        func part(_ name: CURLUPart) -> String? {
            var value: UnsafeMutablePointer<CChar>?
            guard curl_url_get(parsed, name, &value, 0) == CURLUE_OK, let value else { return nil }
            defer { curl_free(value) }
            return String(cString: value)
        }
        guard let host = part(CURLUPART_HOST), !host.isEmpty else { throw .malformed(reason: "it names no host") }
        scheme = (part(CURLUPART_SCHEME) ?? "").lowercased()
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        self.host = bare.lowercased()
        port = part(CURLUPART_PORT)
        hasCredentials = part(CURLUPART_USER) != nil || part(CURLUPART_PASSWORD) != nil
        fragment = part(CURLUPART_FRAGMENT)
        path = part(CURLUPART_PATH) ?? "/"
        query = part(CURLUPART_QUERY)
    }

    /// What must not be shown of it: robots are known by their path or by what their query says.
    var secretParts: [String] {
        let values = (query ?? "").split(separator: "&").map { String($0.drop { $0 != "=" }.dropFirst()) }
        return [path, query ?? ""] + path.split(separator: "/").map(String.init).filter { $0.count >= 16 } + values
    }
}
