public import Files

/// Why a model could not be fetched or found in the cache: one line that says what, where, and how
/// to mend it.
public enum HubError: DescribedError, Sendable, Equatable {
  case notAModelName(String)
  /// An address, but not that of a model at the Hub.
  case notAModelAddress(address: String, problem: String)
  /// `HF_ENDPOINT` is no address of a server.
  case invalidEndpoint(String)
  /// 401 or 403: private, gated, or, to those without a token, not there at all.
  case accessDenied(model: String, endpoint: String, status: Int, sentToken: Bool)
  case modelNotFound(model: String, endpoint: String)
  case revisionNotFound(model: String, revision: String, endpoint: String)
  case fileNotFound(model: String, file: String, endpoint: String)
  /// The repository has no files that this package can open as a model.
  case notAModel(model: String, lacks: String)
  /// 429; `retryAfter` is in seconds.
  case tooManyRequests(host: String, retryAfter: Int?, sentToken: Bool)
  /// A status that the Hub's protocol does not foresee.
  case serverFailed(url: String, status: Int)
  /// No connection came about: an unknown host, nobody listening, no network.
  case notConnected(url: String, reason: String)
  /// The server's certificate is not trusted.
  case notSecure(url: String, reason: String)
  /// A connection was cut, or fell silent.
  case interrupted(url: String, reason: String)
  /// An answer that breaks the Hub's protocol.
  case unexpectedAnswer(url: String, problem: String)
  /// A name from the server that would lead out of the model's folder.
  case unsafeName(name: String, model: String)
  case wrongSize(file: String, url: String, expected: Int, found: Int)
  case wrongDigest(file: String, url: String, algorithm: String, expected: String, found: String)
  case diskFull(path: String)
  case cannotWrite(path: String, reason: String)
  case cannotRead(path: String, reason: String)
  /// Some of the model is not in the cache, and the network is not to be used.
  case notCached(model: String, folder: String, missing: [String])

  public var description: String {
    switch self {
    case .notAModelName(let name):
      "\(quoted(name)) is no model of the Hub: write organisation/name or organisation/name@revision"
    case .notAModelAddress(let address, let problem):
      "\(quoted(address)) \(problem); write organisation/name or organisation/name@revision, or give "
        + "a folder"
    case .invalidEndpoint(let address):
      "HF_ENDPOINT is \(quoted(address)): give an address such as https://huggingface.co"
    case .accessDenied(let model, let endpoint, let status, let sentToken):
      "\(endpoint) does not give out \(model) (status \(status)): check the name; "
        + (sentToken
          ? "accept its licence at \(endpoint)/\(model), or use a token that may read it"
          : "if it is private or gated, accept its licence at \(endpoint)/\(model) and set HF_TOKEN")
    case .modelNotFound(let model, let endpoint):
      "\(endpoint) has no model \(model): check the name, or give a folder that exists"
    case .revisionNotFound(let model, let revision, let endpoint):
      "\(endpoint)/\(model) has no revision \(quoted(revision)): give a branch, tag or commit of it"
    case .fileNotFound(let model, let file, let endpoint):
      "\(endpoint)/\(model) lists \(quoted(file)) but does not have it: try again, or tell its owner"
    case .notAModel(let model, let lacks):
      "\(model) on the Hub has no \(lacks): it is not a model that can be opened here; choose one "
        + "saved with save_pretrained of transformers"
    case .tooManyRequests(let host, let retryAfter, let sentToken):
      "\(host) refuses more requests for now (status 429): try again "
        + (retryAfter.map { "in \($0) s" } ?? "later")
        + (sentToken ? "" : ", or set HF_TOKEN for a higher limit")
    case .serverFailed(let url, let status):
      "\(url): the server failed (status \(status)); try again later"
    case .notConnected(let url, let reason):
      "\(url): \(reason); check the network and HF_ENDPOINT"
    case .notSecure(let url, let reason):
      "\(url): \(reason); check HF_ENDPOINT, and that the certificates of this system are installed "
        + "(the package ca-certificates)"
    case .interrupted(let url, let reason):
      "\(url): \(reason); check the network, then try again: finished parts are kept"
    case .unexpectedAnswer(let url, let problem):
      "\(url): \(problem); check that HF_ENDPOINT is a Hugging Face Hub"
    case .unsafeName(let name, let model):
      "\(model) on the Hub names \(quoted(name)), which is no plain file name; nothing was fetched "
        + "under it: do not use this model"
    case .wrongSize(let file, let url, let expected, let found):
      "\(url): \(file) has \(expected) bytes, but at least \(found) came; they were deleted: try "
        + "again"
    case .wrongDigest(let file, let url, let algorithm, let expected, let found):
      "\(url): \(file) arrived damaged and was deleted: its \(algorithm) should be \(expected), but "
        + "is \(found); try again, and mistrust the server if it stays so"
    case .diskFull(let path):
      "\(path): no space left on the disk; make room, or set HF_HUB_CACHE to another disk, and try "
        + "again: what was fetched is kept"
    case .cannotWrite(let path, let reason):
      "\(path): cannot be written (\(reason)); check its permissions, or set HF_HUB_CACHE to another "
        + "folder"
    case .cannotRead(let path, let reason):
      "\(path): cannot be read (\(reason)); delete it and try again"
    case .notCached(let model, let folder, let missing):
      "\(model) is not whole in the cache: \(folder) lacks \(missing.joined(separator: ", ")); unset "
        + "HF_HUB_OFFLINE and fetch it"
    }
  }

  /// Whether the same request may well succeed a little later.
  var isTransient: Bool {
    switch self {
    case .notConnected, .interrupted, .tooManyRequests: true
    case .serverFailed(_, let status): status >= 500
    default: false
    }
  }
}

extension HubError: JSONFailure {
  package init(_ error: JSONFieldError) {
    self = .cannotRead(
      path: error.file, reason: (error.key.map { "\(quoted($0)) " } ?? "it ") + error.problem)
  }
}
