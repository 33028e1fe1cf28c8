public import Files

/// Why a model folder cannot be used, in one line: where, what is wrong, and how to mend it.
public struct CheckpointError: DescribedError, Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    /// A file, or a tensor that the model needs, is not there.
    case missing
    /// The system does not let us read a file.
    case unreadable
    /// A file breaks the rules of its format: cut short, damaged, or made to mislead.
    case malformed
    /// A sound file with something in it that this package does not do.
    case unsupported
    /// A pickle that asks for code to be run. Nothing of it was.
    case refused
    /// A file is sound on its own, but at odds with the configuration: a shape, an element type, a
    /// count.
    case mismatched
  }

  public let kind: Kind
  /// The path of the file or folder.
  public let file: String
  /// The tensor's or the configuration's key, where it is about one.
  public let key: String?
  /// What was expected and what was found.
  public let problem: String
  /// What to do about it, where that is known.
  public let remedy: String?

  public var description: String {
    let place = key.map { "\(file), \(quoted($0))" } ?? file
    return "\(place): \(problem)" + (remedy.map { "; \($0)" } ?? "")
  }

  package init(
    _ kind: Kind, file: String, key: String? = nil, _ problem: String, remedy: String? = nil
  ) {
    self.kind = kind
    self.file = file
    self.key = key
    self.problem = problem
    self.remedy = remedy
  }
}

extension CheckpointError {
  init(_ error: FileError, remedy: String? = nil) {
    self.init(
      error.kind == .missing ? .missing : error.kind == .empty ? .malformed : .unreadable,
      file: error.path, error.reason, remedy: remedy)
  }
}

extension CheckpointError: JSONFailure {
  package init(_ error: JSONFieldError) {
    self.init(
      error.kind == .malformed ? .malformed : .unsupported, file: error.file, key: error.key,
      error.problem, remedy: error.remedy)
  }
}
