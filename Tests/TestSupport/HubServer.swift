import CDigests
public import Foundation
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A server on 127.0.0.1 that speaks the Hugging Face Hub's protocol about folders of this machine,
/// and misbehaves on demand. It answers one request a connection and stops with its last user.
public final class HubServer: Sendable {
  public struct Request: Sendable {
    public let method: String
    /// With the query.
    public let path: String
    /// By their names in lower case.
    public let headers: [String: String]
    /// The file's name where it is about one, be it at the Hub or where the Hub stores it.
    public var file: String { String(path.split(separator: "/").last ?? "") }
    /// Whether it reads a large file from where the Hub stores it.
    public var isStorage: Bool { path.hasPrefix("/storage/") }
  }

  /// What goes wrong with an answer.
  public enum Fault: Sendable {
    case status(Int, headers: [String: String] = [:])
    /// The connection ends after this many bytes of the body.
    case cut(after: Int)
    /// Nothing more comes after this many bytes, with the connection open.
    case stall(after: Int)
    /// So many bytes at a time, with a pause between.
    case trickle(bytes: Int, pause: TimeInterval)
    /// Other contents under the same headers.
    case substitute(Data)
    /// All of the file, whatever range was asked for.
    case wholeFile
    /// Another body, with headers that fit.
    case reply(Data)
    /// A header more, or another one.
    case header(String, String)
  }

  /// The commit that every revision stands for.
  public static let commit = "0123456789abcdef0123456789abcdef01234567"

  public let port: Int
  private let listener: Int32
  private let models: Mutex<[String: URL]>
  private let fault: @Sendable (Request, Int) -> Fault?
  private let log = Mutex<[Request]>([])
  private let isStopped = Atomic(false)

  public var endpoint: String { "http://127.0.0.1:\(port)" }
  /// The requests so far, in the order in which they came.
  public var requests: [Request] { log.withLock { $0 } }

  /// - Parameters:
  ///   - models: Folders by the names of their repositories.
  ///   - fault: Given a request and how many like it came before.
  public init(
    _ models: [String: URL], fault: @escaping @Sendable (Request, Int) -> Fault? = { _, _ in nil }
  ) throws {
    self.models = Mutex(models)
    self.fault = fault
    // A proxy would be asked for 127.0.0.1 too.
    if getenv("http_proxy") != nil { setenv("no_proxy", "127.0.0.1,localhost", 1) }
    #if canImport(Glibc)
      let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let listener = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 64) == 0
          && getsockname(listener, $0, &length) == 0
      }
    }
    guard isListening else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    // Programs that tests start must not keep the port.
    _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
    self.listener = listener
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread.detachNewThread { [weak self] in
      while true {
        var request = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        let isReady = poll(&request, 1, 50) > 0
        guard let self, !self.isStopped.load(ordering: .relaxed) else { break }
        guard isReady else { continue }
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { continue }
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        Thread.detachNewThread {
          self.serve(connection)
          close(connection)
        }
      }
      close(listener)
    }
  }

  public func stop() { isStopped.store(true, ordering: .relaxed) }

  /// The repository's branches move on to other files.
  public func setModel(_ name: String, _ folder: URL) { models.withLock { $0[name] = folder } }

  // MARK: One connection

  private func serve(_ connection: Int32) {
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(
        connection, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
    }
    guard let request = receive(connection) else { return }
    let before = log.withLock { log in
      defer { log.append(request) }
      return log.count { $0.method == request.method && $0.path == request.path }
    }
    let fault = fault(request, before)
    var answer = answer(request, ignoringRange: fault.isWholeFile)
    if case .status(let status, let headers)? = fault {
      answer = Answer(status: status, headers: headers, body: Data("{}".utf8))
    }
    if case .reply(let data)? = fault { answer.body = data }
    if case .header(let name, let value)? = fault { answer.headers[name] = value }
    answer.headers["Content-Length"] = answer.headers["Content-Length"] ?? "\(answer.body.count)"
    if case .substitute(let data)? = fault { answer.body = data }
    var head = "HTTP/1.1 \(answer.status) Status\r\nConnection: close\r\n"
    for (name, value) in answer.headers { head += "\(name): \(value)\r\n" }
    var body = request.method == "HEAD" ? Data() : answer.body
    guard send(connection, Data((head + "\r\n").utf8)) else { return }
    switch fault {
    case .cut(let count)?:
      _ = send(connection, body.prefix(count))
    case .stall(let count)?:
      _ = send(connection, body.prefix(count))
      // Until the other side has had enough.
      var byte: UInt8 = 0
      _ = recv(connection, &byte, 1, 0)
    case .trickle(let bytes, let pause)?:
      while !body.isEmpty, send(connection, body.prefix(bytes)) {
        body = Data(body.dropFirst(bytes))
        Thread.sleep(forTimeInterval: pause)
      }
    default:
      _ = send(connection, body)
    }
  }

  private func receive(_ connection: Int32) -> Request? {
    var head: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0, head.count < 65536 else { return nil }
      head += buffer[..<count]
    }
    let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
    let words = lines[0].split(separator: " ").map(String.init)
    guard words.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = parts.last!.trimmingCharacters(in: .whitespaces)
    }
    return Request(method: words[0], path: words[1], headers: headers)
  }

  private func send(_ connection: Int32, _ data: Data) -> Bool {
    #if canImport(Darwin)
      let flags: Int32 = 0
    #else
      let flags = Int32(MSG_NOSIGNAL)
    #endif
    var rest = [UInt8](data)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Self.systemSend(connection, $0.baseAddress, $0.count, flags)
      }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  private static func systemSend(
    _ connection: Int32, _ bytes: UnsafeRawPointer?, _ count: Int, _ flags: Int32
  ) -> Int {
    #if canImport(Darwin)
      Darwin.send(connection, bytes, count, flags)
    #elseif canImport(Musl)
      Musl.send(connection, bytes, count, flags)
    #else
      Glibc.send(connection, bytes, count, flags)
    #endif
  }

  // MARK: The Hub's protocol

  private struct Answer {
    var status = 200
    var headers: [String: String] = [:]
    var body = Data()
  }

  private func answer(_ request: Request, ignoringRange: Bool) -> Answer {
    let path = (request.path.split(separator: "?")[0].removingPercentEncoding ?? "")
    for (name, folder) in models.withLock({ $0 }) {
      if path.hasPrefix("/api/models/\(name)/revision/") {
        let revision = path.dropFirst("/api/models/\(name)/revision/".count)
        guard revision != "nowhere" else {
          return Answer(status: 404, headers: ["X-Error-Code": "RevisionNotFound"])
        }
        return Answer(body: listing(folder))
      }
      let prefix = "/\(name)/resolve/\(Self.commit)/"
      if path.hasPrefix(prefix),
        let data = try? Data(contentsOf: folder.appending(path: path.dropFirst(prefix.count)))
      {
        let file = String(path.dropFirst(prefix.count))
        let tag = Self.tag(file, data)
        guard Self.isLarge(file) else {
          return part(
            data, request, ["ETag": "\"\(tag)\"", "X-Repo-Commit": Self.commit], ignoringRange)
        }
        return Answer(
          status: 302,
          headers: [
            "Location": "http://localhost:\(port)/storage/\(name)/\(file)",
            "X-Repo-Commit": Self.commit, "X-Linked-ETag": "\"\(tag)\"",
            "X-Linked-Size": "\(data.count)", "ETag": "\"of-the-redirect\"",
          ])
      }
      if path.hasPrefix("/storage/\(name)/"),
        let data = try? Data(
          contentsOf: folder.appending(path: path.dropFirst("/storage/\(name)/".count)))
      {
        return part(data, request, ["ETag": "\"of-the-storage\""], ignoringRange)
      }
    }
    return Answer(
      status: 404,
      headers: ["X-Error-Code": path.contains("/resolve/") ? "EntryNotFound" : "RepoNotFound"])
  }

  private func part(
    _ data: Data, _ request: Request, _ headers: [String: String], _ ignoringRange: Bool
  ) -> Answer {
    guard !ignoringRange, let range = request.headers["range"], range.hasPrefix("bytes="),
      let start = Int(range.dropFirst(6).prefix { $0 != "-" })
    else { return Answer(headers: headers, body: data) }
    let last = min(
      range.split(separator: "-").dropFirst().first.flatMap { Int($0) } ?? .max, data.count - 1)
    guard start < data.count else {
      return Answer(status: 416, headers: ["Content-Range": "bytes */\(data.count)"])
    }
    return Answer(
      status: 206,
      headers: headers.merging(
        ["Content-Range": "bytes \(start)-\(last)/\(data.count)"]) { $1 },
      body: data[start...max(start, last)])
  }

  private func listing(_ folder: URL) -> Data {
    let names = ((try? FileManager.default.subpathsOfDirectory(atPath: folder.path)) ?? []).sorted()
    let siblings = names.compactMap { name -> String? in
      guard let data = try? Data(contentsOf: folder.appending(path: name)) else { return nil }
      let tag = Self.tag(name, data)
      let large = Self.isLarge(name) ? #","lfs":{"sha256":"\#(tag)","size":\#(data.count)}"# : ""
      return
        #"{"rfilename":"\#(name)","size":\#(data.count),"blobId":"\#(tag.prefix(40))"\#(large)}"#
    }
    return Data(#"{"sha":"\#(Self.commit)","siblings":[\#(siblings.joined(separator: ","))]}"#.utf8)
  }

  private static func isLarge(_ file: String) -> Bool {
    file.hasSuffix(".safetensors") || file.hasSuffix(".bin")
  }

  /// The ETag that the Hub gives the contents.
  public static func tag(_ file: String, _ data: Data) -> String {
    var digest = c4b_digest()
    var bytes = [UInt8](repeating: 0, count: isLarge(file) ? 32 : 20)
    if isLarge(file) {
      c4b_sha256_begin(&digest)
      data.withUnsafeBytes {
        c4b_sha256_append(&digest, $0.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!, $0.count)
      }
      c4b_sha256_end(&digest, &bytes)
    } else {
      let blob = [UInt8]("blob \(data.count)\0".utf8) + data
      c4b_sha1_begin(&digest)
      c4b_sha1_append(&digest, blob, blob.count)
      c4b_sha1_end(&digest, &bytes)
    }
    return bytes.map { String(format: "%02x", $0) }.joined()
  }
}

extension HubServer.Fault? {
  fileprivate var isWholeFile: Bool {
    if case .wholeFile? = self { true } else { false }
  }
}
