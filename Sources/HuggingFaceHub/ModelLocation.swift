public import Foundation

/// Where a model is that a person names: in a folder, or on the Hub.
public enum ModelLocation: Sendable, Equatable {
  case folder(URL)
  case hub(ModelReference)

  /// A folder that exists wins; else what looks like the name of a repository, or is the address of one,
  /// is one; the rest is taken for a folder that is missing, so that opening it says so.
  ///
  /// - Parameters:
  ///   - text: A path, a name, or an address.
  ///   - endpoint: The Hub's address, whose pages are taken too.
  /// - Throws: ``HubError/notAModelAddress(address:problem:)`` for an address of anything else.
  public init(
    _ text: String, endpoint: String = HubSettings().endpoint
  ) throws(HubError) {
    if FileManager.default.fileExists(atPath: text) {
      self = .folder(URL(filePath: text))
    } else if let model = ModelReference(text) {
      self = .hub(model)
    } else if text.lowercased().hasPrefix("file://"), let url = URL(string: text), url.isFileURL {
      self = .folder(URL(filePath: url.path))
    } else if let model = try ModelReference(address: text, endpoint: endpoint) {
      self = .hub(model)
    } else {
      self = .folder(URL(filePath: text))
    }
  }
}

extension ModelReference {
  /// The model that an address is of, such as `https://huggingface.co/organisation/name/tree/main`, or
  /// what is nearly a name, such as `organisation/name:v1.0`. Nil for what is neither.
  ///
  /// - Parameters:
  ///   - address: What a person wrote.
  ///   - endpoint: The Hub's address, whose pages are taken too.
  ///   - revision: Where the address has none.
  /// - Throws: ``HubError/notAModelAddress(address:problem:)`` for an address of anything else.
  public init?(
    address: String, endpoint: String = HubSettings().endpoint, revision: String? = nil
  ) throws(HubError) {
    let text = address.trimmingCharacters(in: .whitespacesAndNewlines)
    let parsed: ModelAddress?
    do {
      parsed = try ModelAddress(text, endpoint: endpoint)
    } catch {
      throw .notAModelAddress(address: Self.withoutSecrets(address), problem: error.problem)
    }
    guard let parsed else {
      if text.contains("://") {
        throw .notAModelAddress(
          address: Self.withoutSecrets(address), problem: "is an address of an unknown kind")
      }
      return nil
    }
    if parsed.revision != nil, revision != nil { return nil }
    guard let model = Self(parsed.repository, revision: parsed.revision ?? revision ?? "main")
    else {
      guard text.contains("://") else { return nil }
      throw .notAModelAddress(address: Self.withoutSecrets(address), problem: "names no model")
    }
    self = model
  }

  /// The address without a user's name and password.
  private static func withoutSecrets(_ address: String) -> String {
    guard let start = address.range(of: "://")?.upperBound else { return address }
    let host = address[start...].prefix { $0 != "/" }
    guard let at = host.lastIndex(of: "@") else { return address }
    return String(address[..<start] + address[address.index(after: at)...])
  }
}
