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
      discussion: "Without it, the model that comes with the program.",
      valueName: "folder"),
    completion: .directory)
  var model: String?

  var folder: URL? { model.map { URL(filePath: $0) } }
}
