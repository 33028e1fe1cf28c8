public import Foundation

/// Where models come from and where they are kept: what huggingface_hub reads from the environment,
/// under the same names
/// (https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables).
///
/// In paths `~`, `~user`, `$NAME` and `${NAME}` are what Python makes of them, and so is a path that is
/// empty: the working folder.
public struct HubSettings: Sendable {
  /// The Hub's address, `HF_ENDPOINT`.
  public var endpoint: String
  /// Sent to the endpoint's own host and to no other: `HF_TOKEN`, else what the file
  /// `HF_TOKEN_PATH`, else `HF_HOME/token`, holds, unless `HF_HUB_DISABLE_IMPLICIT_TOKEN` is set.
  public var token: String?
  /// The folder of all models: `HF_HUB_CACHE`, else `HUGGINGFACE_HUB_CACHE`, else `HF_HOME/hub`, else
  /// `XDG_CACHE_HOME/huggingface/hub`, else `~/.cache/huggingface/hub`.
  public var cacheFolder: URL
  /// Use what the cache holds and ask nobody: `HF_HUB_OFFLINE`, or `TRANSFORMERS_OFFLINE` where the
  /// first is not set or empty.
  public var isOffline: Bool
  /// How long a server may stay silent while a file comes in: `HF_HUB_DOWNLOAD_TIMEOUT` seconds, else
  /// 10.
  public var timeout: Duration
  /// How long a server may stay silent that is asked what there is: `HF_HUB_ETAG_TIMEOUT` seconds, else
  /// 10.
  public var metadataTimeout: Duration
  /// Whether a snapshot's files are links to the cache's blobs, and not the files themselves: not with
  /// `HF_HUB_DISABLE_SYMLINKS`, nor where the disk has no links.
  public var usesSymbolicLinks: Bool
  /// Whether a person is told how far files are: not with `HF_HUB_DISABLE_PROGRESS_BARS`.
  public var showsProgress: Bool
  /// Goes into the header `User-Agent` of requests: `HF_HUB_USER_AGENT_ORIGIN`.
  public var userAgentOrigin: String?
  /// How often in a row a request may fail in a way that may pass, before it is given up.
  public var attempts = 5
  /// The wait after the first such failure; each further one doubles it.
  public var retryDelay: Duration = .seconds(1)
  /// The longest wait that a server may ask for; one that asks for more is not waited for.
  public var longestWait: Duration = .seconds(60)
  /// Called before each wait that a server asked for, with its refusal.
  public var onWait: @Sendable (HubError, Duration) -> Void = { _, _ in }
  /// Where the token is looked for.
  let tokenFile: URL
  /// Large files are asked for in pieces of so many bytes: what comes faster than the disk takes it
  /// waits in memory (URLSession on Linux reads on regardless).
  var pieceSize = 64 << 20

  public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    let paths = EnvironmentPaths(environment: environment)
    func isTrue(_ value: String?) -> Bool {
      ["1", "ON", "YES", "TRUE"].contains(value?.uppercased())
    }
    /// Python's `or` takes an empty variable for one that is not set.
    func nonEmpty(_ names: String...) -> String? {
      names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    }
    // In Python the defaults are expanded again with what was expanded already.
    let home = paths.expand(
      environment["HF_HOME"]
        ?? EnvironmentPaths.join(
          environment["XDG_CACHE_HOME"] ?? "\(paths.home)/.cache", "huggingface"))
    let cache =
      environment["HF_HUB_CACHE"] ?? environment["HUGGINGFACE_HUB_CACHE"]
      ?? EnvironmentPaths.join(home, "hub")
    cacheFolder = paths.url(paths.expand(cache), .isDirectory)
    endpoint = environment["HF_ENDPOINT"] ?? "https://huggingface.co"
    while endpoint.hasSuffix("/") { endpoint.removeLast() }
    isOffline = isTrue(nonEmpty("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
    timeout = Self.timeout(environment["HF_HUB_DOWNLOAD_TIMEOUT"])
    metadataTimeout = Self.timeout(environment["HF_HUB_ETAG_TIMEOUT"])
    usesSymbolicLinks = !isTrue(environment["HF_HUB_DISABLE_SYMLINKS"])
    showsProgress = !isTrue(environment["HF_HUB_DISABLE_PROGRESS_BARS"])
    userAgentOrigin = environment["HF_HUB_USER_AGENT_ORIGIN"]
    tokenFile = paths.url(
      paths.expand(environment["HF_TOKEN_PATH"] ?? EnvironmentPaths.join(home, "token")))
    token =
      isTrue(environment["HF_HUB_DISABLE_IMPLICIT_TOKEN"])
      ? nil
      : Self.cleaned(nonEmpty("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"))
        ?? Self.cleaned(try? String(contentsOf: tokenFile, encoding: .utf8))
  }

  /// A whole number of seconds, at most a day; 10 for what is none, and for 0.
  private static func timeout(_ text: String?) -> Duration {
    let seconds = text.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) } ?? 0
    return .seconds(seconds > 0 ? min(seconds, 86_400) : 10)
  }

  /// Without line ends, which would break the header it is sent in, nor blanks around it.
  private static func cleaned(_ token: String?) -> String? {
    guard let token else { return nil }
    let line = String(
      String.UnicodeScalarView(token.unicodeScalars.filter { $0 != "\r" && $0 != "\n" })
    )
    .trimmingCharacters(in: .whitespacesAndNewlines)
    return line.isEmpty ? nil : line
  }
}
