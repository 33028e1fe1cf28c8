import ArgumentParser
import Cloud4Bert
import Tensors

/// How texts are cut and worked on side by side, for the commands that run a model over them.
struct BatchSizeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Cut texts to this many tokens, special ones included (default: the model's limit).",
      valueName: "n"))
  var maxLength: Int?

  @Option(
    help: ArgumentHelp("Batches to run side by side (default: one a core).", valueName: "n"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "Tokens in a batch: more take more memory, few make it slow.", valueName: "n"))
  var batchTokens = TextClassifier.Options().batchTokens

  func validate() throws {
    for (name, value) in [
      ("--max-length", maxLength), ("--threads", threads), ("--batch-tokens", batchTokens),
    ] where value.map({ $0 < 1 }) ?? false {
      throw ValidationError("\(name) must be at least 1")
    }
    try Self.checkThreads(threads)
  }

  /// - Throws: `ValidationError` for a number of threads that no machine has.
  static func checkThreads(_ threads: Int?) throws {
    let maximum = ThreadBudget.allowed.upperBound
    if let threads, threads > maximum {
      throw ValidationError("--threads must be at most \(maximum)")
    }
  }

  func applied<Options: RunOptions>(to options: Options) -> Options {
    var options = options
    options.maxLength = maxLength
    options.threads = threads
    options.batchTokens = batchTokens
    return options
  }
}
