import Foundation

/// Where models come from and where they are kept: what huggingface_hub reads from the environment,
/// under the same names
/// (https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables).
public struct HubSettings: Sendable {
  /// The Hub's address, `HF_ENDPOINT`.
  public var endpoint: String
  /// Sent to the endpoint's own host and to no other: `HF_TOKEN`, else what the file
  /// `HF_TOKEN_PATH`, else `HF_HOME/token`, holds, unless `HF_HUB_DISABLE_IMPLICIT_TOKEN` is set.
  public var token: String?
  /// The folder of all models: `HF_HUB_CACHE`, else `HF_HOME/hub`, else
  /// `XDG_CACHE_HOME/huggingface/hub`, else `~/.cache/huggingface/hub`.
  public var cacheFolder: URL
  /// Use what the cache holds and ask nobody: `HF_HUB_OFFLINE`.
  public var isOffline: Bool
  /// How long a server may stay silent: `HF_HUB_DOWNLOAD_TIMEOUT` seconds, else 10.
  public var timeout: Duration
  /// How often in a row a request may fail in a way that may pass, before it is given up.
  public var attempts = 5
  /// The wait after the first such failure; each further one doubles it.
  public var retryDelay: Duration = .seconds(1)
  /// Large files are asked for in pieces of so many bytes: what comes faster than the disk takes it
  /// waits in memory (URLSession on Linux reads on regardless).
  var pieceSize = 64 << 20

  public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    func value(_ names: String...) -> String? {
      names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    }
    func folder(_ path: String) -> URL {
      guard path == "~" || path.hasPrefix("~/") else {
        return URL(filePath: path, directoryHint: .isDirectory)
      }
      return Self.homeFolder(environment).appending(path: path.dropFirst(2))
    }
    func isSet(_ names: String...) -> Bool {
      names.contains { ["1", "ON", "YES", "TRUE"].contains(environment[$0]?.uppercased()) }
    }
    let home =
      value("HF_HOME").map(folder)
      ?? (value("XDG_CACHE_HOME").map(folder)
      ?? Self.homeFolder(environment).appending(path: ".cache")).appending(path: "huggingface")
    cacheFolder =
      value("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE").map(folder) ?? home.appending(path: "hub")
    endpoint = value("HF_ENDPOINT") ?? "https://huggingface.co"
    isOffline = isSet("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    timeout = .seconds(value("HF_HUB_DOWNLOAD_TIMEOUT").flatMap(Int.init).map { max(1, $0) } ?? 10)
    token = nil
    if !isSet("HF_HUB_DISABLE_IMPLICIT_TOKEN") {
      let file = value("HF_TOKEN_PATH").map(folder) ?? home.appending(path: "token")
      token =
        Self.cleaned(value("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"))
        ?? Self.cleaned(try? String(contentsOf: file, encoding: .utf8))
    }
  }

  private static func homeFolder(_ environment: [String: String]) -> URL {
    environment["HOME"].map { URL(filePath: $0, directoryHint: .isDirectory) }
      ?? URL(filePath: NSHomeDirectory(), directoryHint: .isDirectory)
  }

  /// Without the line end of a file, which would break the header it is sent in.
  private static func cleaned(_ token: String?) -> String? {
    let token = token?.filter { !$0.isWhitespace }
    return token?.isEmpty ?? true ? nil : token
  }
}
