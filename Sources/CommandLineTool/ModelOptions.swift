import ArgumentParser
import Cloud4Bert

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
      "A Hugging Face model folder.",
      discussion: "Without it, the model that comes with the program, which classifies.",
      valueName: "folder"),
    completion: .directory)
  var model: String?

  var folder: URL? { model.map { URL(filePath: $0) } }

  /// The folder, for a command that the program's own model is no good for.
  ///
  /// - Parameter classes: The classes of models that the command takes.
  func requiredFolder(of classes: [String]) throws(ValidationError) -> URL {
    guard let folder else {
      throw ValidationError(
        "--model is needed: the model that comes with the program only classifies; give a folder "
          + "of \(classes.joined(separator: ", "))")
    }
    return folder
  }
}
