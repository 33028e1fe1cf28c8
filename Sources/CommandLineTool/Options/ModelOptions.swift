import ArgumentParser
import Checkpoints
import Cloud4Bert
import HuggingFaceHub

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `--model`, for every command that needs one.
struct ModelOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "A Hugging Face model folder, or the name of a model on the Hugging Face Hub.",
      discussion: """
        organisation/name or organisation/name@revision; fetched once and kept (see pull --help). \
        Without it, the model that comes with the program, which classifies.
        """,
      valueName: "folder|name"),
    completion: .directory)
  var model: String?

  /// The model's folder, fetched from the Hub where it must be; nil for the program's own.
  var folder: URL? {
    get async throws { try await Self.folder(of: model) }
  }

  /// The model's folder, or that of the program's own, which classifies.
  var classifierFolder: URL {
    get async throws { try await folder ?? TextClassifier.defaultModelFolder() }
  }

  /// The folder that an option names, for commands with an option of another name than `--model`.
  static func folder(of model: String?) async throws -> URL? {
    guard let model else { return nil }
    switch try ModelLocation(FolderPath.readable(model)) {
    case .folder(let folder):
      try FolderWithoutModel.requireFolder(folder)
      return folder
    case .hub(let reference):
      do {
        return try await reference.fetch()
      } catch let error as HubError {
        throw ModelNotFoundError(name: "\(reference)", cause: error)
      }
    }
  }

  /// Refuses a missing `--model`, for a command that the program's own model is no good for.
  ///
  /// - Parameter classes: The classes of models that the command takes.
  func requireModel(of classes: [String]) throws(ValidationError) {
    if model == nil { throw Self.missingModel(classes) }
  }

  /// The folder, for such a command.
  func requiredFolder(of classes: [String]) async throws -> URL {
    guard let folder = try await folder else { throw Self.missingModel(classes) }
    return folder
  }

  private static func missingModel(_ classes: [String]) -> ValidationError {
    ValidationError(
      "--model is needed: the model that comes with the program only classifies; give a folder or "
        + "a name of \(classes.joined(separator: ", "))")
  }
}

/// Neither a folder nor, for the reason given, a model of the Hub.
struct ModelNotFoundError: Error, CustomStringConvertible {
  let name: String
  let cause: HubError

  var description: String {
    "there is no folder \(name), and of the Hub: \(OptionRemedy.message(of: cause))"
  }
}
