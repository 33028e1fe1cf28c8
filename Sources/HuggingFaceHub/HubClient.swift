import Files
import Foundation
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Speaks the Hub's protocol: what a revision holds, what a file is, and its bytes.
///
/// One request a call, redirects apart; what is worth another try is for the caller to say.
struct HubClient: Sendable {
  private let settings: HubSettings
  private let endpoint: URL
  private let transport: HTTPTransport
  private let userAgent: String

  init(_ settings: HubSettings) throws(HubError) {
    var address = settings.endpoint
    while address.hasSuffix("/") { address.removeLast() }
    guard let endpoint = URL(string: address), let scheme = endpoint.scheme?.lowercased(),
      scheme == "http" || scheme == "https", endpoint.host?.isEmpty == false,
      endpoint.query == nil, endpoint.fragment == nil
    else { throw .invalidEndpoint(settings.endpoint) }
    self.settings = settings
    self.endpoint = endpoint
    transport = HTTPTransport()
    userAgent = Self.userAgent(origin: settings.userAgentOrigin)
  }

  /// `GET /api/models/NAME/revision/REVISION`.
  func listing(of model: ModelReference) async throws -> RevisionListing {
    let url = try url(
      "/api/models/\(model.repository)/revision/\(Self.escaped(model.revision, slash: true))"
        + "?blobs=true")
    let body = MemoryBody(limit: 64 << 20, url: url)
    let response = try await send("GET", url, timeout: settings.metadataTimeout, to: body)
    guard response.statusCode == 200 else { throw failure(response, model: model, file: nil) }
    do {
      return try RevisionListing(body.data)
    } catch {
      throw HubError.unexpectedAnswer(url: text(url), problem: "the list of files is \(error)")
    }
  }

  /// `HEAD /NAME/resolve/COMMIT/FILE`.
  ///
  /// The Hub answers for large files with a redirect to the host that stores them. The headers that
  /// name the contents are on that redirect, so the other host is not asked.
  func identity(
    of file: String, in model: ModelReference, commit: String
  ) async throws -> BlobIdentity {
    let url = try fileURL(file, model, commit)
    let response = try await send(
      "HEAD", url, timeout: settings.metadataTimeout, to: MemoryBody(limit: 0, url: url),
      stayingAtEndpoint: true)
    guard (200..<400).contains(response.statusCode) else {
      throw failure(response, model: model, file: file)
    }
    let tag = response.header("X-Linked-ETag") ?? response.header("ETag")
    guard
      let identity = BlobIdentity(
        tag: tag,
        size: response.header("X-Linked-Size")
          ?? (response.statusCode == 200 ? response.header("Content-Length") : nil))
    else {
      throw HubError.unexpectedAnswer(
        url: text(url), problem: "the ETag of the file is \(tag.map(quoted) ?? "missing")")
    }
    return identity
  }

  /// `GET /NAME/resolve/COMMIT/FILE`, or just `range` of it where the server can do that.
  func fetch(
    _ file: String, of model: ModelReference, commit: String, range: ByteRange,
    to body: any ResponseBody
  ) async throws -> HTTPURLResponse {
    let response = try await send(
      "GET", try fileURL(file, model, commit), range: range, timeout: settings.timeout, to: body)
    guard [200, 206, 416].contains(response.statusCode) else {
      throw failure(response, model: model, file: file)
    }
    return response
  }

  /// Where a file is asked for, for messages.
  func address(of file: String, in model: ModelReference, commit: String) -> String {
    "\(text(endpoint))/\(model.repository)/resolve/\(commit)/\(file)"
  }

  private func fileURL(
    _ file: String, _ model: ModelReference, _ commit: String
  ) throws(HubError) -> URL {
    try url("/\(model.repository)/resolve/\(commit)/\(Self.escaped(file, slash: false))")
  }

  /// As huggingface_hub names who asks; what no header may hold is left out.
  private static func userAgent(origin: String?) -> String {
    let name = String((origin ?? "").unicodeScalars.filter { (0x20...0x7E).contains($0.value) })
    return name.isEmpty ? "cloud4bert" : "cloud4bert; origin/\(name)"
  }

  private func url(_ path: String) throws(HubError) -> URL {
    guard let url = URL(string: endpoint.absoluteString + path) else {
      throw .invalidEndpoint(settings.endpoint)
    }
    return url
  }

  /// Sends a request and follows redirects. The token goes to the endpoint's own host only, whatever
  /// way leads there.
  private func send(
    _ method: String, _ start: URL, range: ByteRange = .all, timeout: Duration,
    to body: any ResponseBody, stayingAtEndpoint: Bool = false
  ) async throws -> HTTPURLResponse {
    var url = start
    for _ in 0..<10 {
      var request = URLRequest(url: url)
      request.httpMethod = method
      request.setValue(userAgent, forHTTPHeaderField: "User-Agent")
      // Sizes and offsets are those of the file itself.
      request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
      if let token = settings.token, url.isSameOrigin(as: endpoint) {
        request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
      }
      if let header = range.header { request.setValue(header, forHTTPHeaderField: "Range") }
      let response: HTTPURLResponse
      do {
        response = try await transport.send(request, timeout: timeout, to: body)
      } catch let error as URLError {
        throw failure(error, text(url), timeout: timeout)
      }
      guard [301, 302, 303, 307, 308].contains(response.statusCode),
        let location = response.header("Location")
      else { return response }
      guard let next = URL(string: location, relativeTo: url)?.absoluteURL,
        let scheme = next.scheme?.lowercased(),
        scheme == "https" || scheme == "http" && url.scheme?.lowercased() == "http"
      else {
        throw HubError.unexpectedAnswer(
          url: text(url), problem: "it redirects to \(quoted(location))")
      }
      if stayingAtEndpoint, !next.isSameOrigin(as: endpoint) { return response }
      url = next
    }
    throw HubError.unexpectedAnswer(url: text(start), problem: "it redirects more than 10 times")
  }

  private func failure(
    _ response: HTTPURLResponse, model: ModelReference, file: String?
  ) -> HubError {
    let url = response.url ?? endpoint
    let (name, hub) = (model.repository, text(endpoint))
    switch response.statusCode {
    case 401, 403:
      return .accessDenied(
        model: name, endpoint: hub, status: response.statusCode, sentToken: settings.token != nil)
    case 404:
      switch (response.header("X-Error-Code"), file) {
      case ("RepoNotFound", _), (nil, nil): return .modelNotFound(model: name, endpoint: hub)
      case (_, let file?): return .fileNotFound(model: name, file: file, endpoint: hub)
      default:
        return .revisionNotFound(model: name, revision: model.revision, endpoint: hub)
      }
    case 429:
      return .tooManyRequests(
        host: url.host ?? hub, retryAfter: response.requestedWait, sentToken: settings.token != nil)
    default:
      return .serverFailed(url: text(url), status: response.statusCode)
    }
  }

  private func failure(_ error: URLError, _ url: String, timeout: Duration) -> HubError {
    // On Linux the code is that of an unknown error, and the words are those of libcurl.
    let words = error.localizedDescription
    return switch error.code {
    case .timedOut:
      .interrupted(url: url, reason: "no answer within \(timeout.components.seconds) s")
    case .cannotFindHost, .dnsLookupFailed:
      .notConnected(url: url, reason: "no such host is known")
    // Foundation of Swift 6.0 to 6.2 gives this code to an answer that breaks off, too.
    case .cannotConnectToHost where words.contains("connect to"):
      .notConnected(url: url, reason: "cannot connect")
    case .notConnectedToInternet: .notConnected(url: url, reason: "no network")
    case .networkConnectionLost: .interrupted(url: url, reason: "the connection was cut")
    case .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasBadDate,
      .serverCertificateHasUnknownRoot, .serverCertificateNotYetValid:
      .notSecure(url: url, reason: words)
    default:
      words.contains("certificate")
        ? .notSecure(url: url, reason: words) : .interrupted(url: url, reason: words)
    }
  }

  /// The address without what a redirect may carry of secrets.
  private func text(_ url: URL) -> String {
    String(url.absoluteString.prefix { $0 != "?" && $0 != "#" })
  }

  private static func escaped(_ name: String, slash: Bool) -> String {
    var allowed = CharacterSet(
      charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
    if !slash { allowed.insert("/") }
    return name.addingPercentEncoding(withAllowedCharacters: allowed) ?? name
  }
}

/// A part of a file.
struct ByteRange: Sendable {
  let start: Int
  /// One past the last byte; nil for all there are.
  let end: Int?

  static let all = ByteRange(start: 0, end: nil)

  /// The value of the header `Range`, which counts the last byte in.
  var header: String? {
    if let end { return "bytes=\(start)-\(end - 1)" }
    return start > 0 ? "bytes=\(start)-" : nil
  }
}

/// An answer that fits in memory.
private final class MemoryBody: ResponseBody {
  private let content = Mutex(Data())
  private let limit: Int
  private let url: URL

  init(limit: Int, url: URL) {
    self.limit = limit
    self.url = url
  }

  var data: Data { content.withLock { $0 } }

  func begin(_: HTTPURLResponse) {
    content.withLock { $0.removeAll() }
  }

  func append(_ data: Data) throws {
    try content.withLock { content in
      // Of a redirect and of HEAD nothing is kept, whatever is sent.
      guard limit > 0 else { return }
      guard content.count + data.count <= limit else {
        throw HubError.unexpectedAnswer(
          url: "\(url)", problem: "the answer is longer than \(limit) bytes")
      }
      content.append(data)
    }
  }
}

extension HTTPURLResponse {
  func header(_ name: String) -> String? { value(forHTTPHeaderField: name) }
}

extension URL {
  fileprivate func isSameOrigin(as other: URL) -> Bool {
    func origin(_ url: URL) -> [String?] {
      let scheme = url.scheme?.lowercased()
      return [scheme, url.host?.lowercased(), "\(url.port ?? (scheme == "https" ? 443 : 80))"]
    }
    return origin(self) == origin(other)
  }
}
