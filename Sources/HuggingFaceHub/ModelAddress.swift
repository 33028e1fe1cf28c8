import Foundation

/// The address of a page of the Hub, as a browser shows it, or an `hf://` one
/// (https://huggingface.co/docs/huggingface_hub/package_reference/hf_uris), and what else people write
/// for a model's name:
///
///     https://huggingface.co/organisation/name
///     https://huggingface.co/organisation/name/tree/v1.0
///     https://huggingface.co/organisation/name/blob/main/config.json
///     huggingface.co/organisation/name
///     hf://organisation/name@v1.0
///     organisation/name/
///     organisation/name:v1.0
///     git@hf.co:organisation/name
struct ModelAddress {
  let repository: String
  /// What it says of a revision; nil where nothing.
  let revision: String?

  /// Why an address is none of a model.
  struct Fault: Error, Equatable {
    let problem: String

    init(_ problem: String) { self.problem = problem }
  }

  /// The hosts that are the Hub, besides that of `HF_ENDPOINT`.
  static let hosts = ["huggingface.co", "www.huggingface.co", "hf.co", "hub-ci.huggingface.co"]

  /// Pages of a repository that name a revision.
  private static let pages = ["tree", "blob", "resolve", "raw", "blame", "commit", "commits"]

  /// Nil for what is no address at all, which may be a plain name or a path.
  ///
  /// - Parameter endpoint: Where models come from; its pages are taken for the Hub's.
  init?(_ text: String, endpoint: String) throws(Fault) {
    if let rest = Self.rest(of: text, after: "hf://") {
      try self.init(uri: rest)
    } else if let rest = Self.rest(of: text, after: "https://")
      ?? Self.rest(of: text, after: "http://") ?? Self.rest(of: text, after: "ssh://")
    {
      try self.init(page: rest, endpoint: endpoint)
    } else if let rest = Self.rest(of: text, after: "git@"), let colon = rest.firstIndex(of: ":") {
      try self.init(
        page: "\(rest[..<colon])/\(rest[rest.index(after: colon)...])", endpoint: endpoint)
    } else if Self.hosts.contains(where: { Self.rest(of: text, after: $0 + "/") != nil }) {
      try self.init(page: text, endpoint: endpoint)
    } else {
      try self.init(nearName: text)
    }
  }

  private static func rest(of text: String, after prefix: String) -> String? {
    text.lowercased().hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : nil
  }

  /// - Parameter page: Without `https://`.
  private init(page: String, endpoint: String) throws(Fault) {
    // Without the query, such as `?download=true`, and the place in the page.
    let address = page.prefix { $0 != "?" && $0 != "#" }
    var segments = address.split(separator: "/").map(String.init)
    guard let first = segments.first else { throw Fault("has no host") }
    // Without a user's name, which may be a token.
    let place = first.split(separator: "@").last.map { $0.lowercased() } ?? ""
    segments.removeFirst()
    var home: [String] = []
    if let url = URL(string: endpoint), let host = url.host {
      let port = url.port.map { ":\($0)" } ?? ""
      if place == host.lowercased() + port {
        home = [place]
        // A Hub of one's own may not be at the top of its host.
        let path = url.path.split(separator: "/").map(String.init)
        if segments.starts(with: path) { segments.removeFirst(path.count) }
      }
    }
    guard (Self.hosts + home).contains(place) else {
      throw Fault("is at another host than the Hub; download the model's files to a folder")
    }
    try self.init(segments: segments)
  }

  /// `[models/]organisation/name[@revision][/path]`
  private init(uri: String) throws(Fault) {
    guard let at = uri.firstIndex(of: "@") else {
      try self.init(segments: uri.split(separator: "/").map(String.init))
      return
    }
    let revisionAndPath = uri[uri.index(after: at)...].split(separator: "/").map(String.init)
    try self.init(
      segments: uri[..<at].split(separator: "/").map(String.init) + ["blob"] + revisionAndPath)
  }

  /// Of a page, after the host.
  private init(segments: [String]) throws(Fault) {
    var segments = segments
    switch segments.first {
    case nil: throw Fault("names no model")
    case "datasets", "dataset": throw Fault("is a data set, not a model")
    case "spaces", "space": throw Fault("is a Space, not a model")
    case "collections", "papers", "docs", "blog", "buckets", "kernels", "settings", "organizations":
      throw Fault("is no page of a model")
    case "models": segments.removeFirst()
    // Where the Hub answers programs.
    case "api" where segments.dropFirst().first == "models": segments.removeFirst(2)
    default: break
    }
    guard let page = segments.firstIndex(where: Self.pages.contains), page > 0 else {
      guard (1...2).contains(segments.count) else { throw Fault("is no page of a model") }
      repository = Self.withoutGit(segments.joined(separator: "/"))
      revision = nil
      return
    }
    guard page <= 2 else { throw Fault("is no page of a model") }
    repository = Self.withoutGit(segments[..<page].joined(separator: "/"))
    var rest = segments[(page + 1)...].map { $0.removingPercentEncoding ?? $0 }
    // A pull request's, or that of a conversion.
    let count = rest.first == "refs" ? 3 : 1
    let name = rest.prefix(count).joined(separator: "/")
    revision = name.isEmpty ? nil : name
    rest.removeFirst(min(count, rest.count))
    let isFolder = segments[page] == "tree" && !rest.isEmpty
    guard rest.count <= 1, !isFolder else {
      throw Fault("is a folder within a repository; only a model at its top can be taken")
    }
  }

  private init(repository: String, revision: String?) {
    self.repository = repository
    self.revision = revision
  }

  private static func withoutGit(_ name: String) -> String {
    name.hasSuffix(".git") ? String(name.dropLast(4)) : name
  }

  /// What is left of a page's address without its host, or the ways of other tools to name a version.
  private init?(nearName text: String) throws(Fault) {
    let segments = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    if segments.count == 3, segments[2].isEmpty, !segments[0].isEmpty {
      self.init(repository: segments[..<2].joined(separator: "/"), revision: nil)
      return
    }
    if segments.count > 3, Self.pages.contains(segments[2]), !segments[3].isEmpty {
      try self.init(segments: segments)
      return
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    if parts.count == 2, segments.count <= 2, !parts[1].isEmpty {
      self.init(repository: parts[0], revision: parts[1])
      return
    }
    return nil
  }
}
