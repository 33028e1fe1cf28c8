import ArgumentParser
import Cloud4Bert

/// `--overflow`
enum OverflowChoice: String, ExpressibleByArgument, CaseIterable {
  case truncate, window
}

/// How texts go through the model, for every command that classifies.
struct BatchOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Cut texts to this many tokens, special ones included (default: the model's limit).",
      valueName: "n"))
  var maxLength: Int?

  @Option(
    help: ArgumentHelp(
      "Longer texts: truncate them, or classify them window by window.",
      discussion: """
        The logits of windows are averaged, each by its number of tokens; softmax or sigmoid comes \
        after. Not for pairs.
        """))
  var overflow: OverflowChoice = .truncate

  @Option(
    help: ArgumentHelp(
      "Tokens that windows overlap by (default: an eighth of the longest text).", valueName: "n"))
  var stride: Int?

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
    if stride != nil, overflow != .window {
      throw ValidationError("--stride goes with --overflow window")
    }
    if let stride, stride < 0 { throw ValidationError("--stride must not be negative") }
  }

  /// To be called by commands that take pairs.
  func validate(pairColumn: String?) throws {
    if pairColumn != nil, overflow == .window {
      throw ValidationError("--overflow window is for single texts, not for pairs")
    }
  }

  var classifierOptions: TextClassifier.Options {
    TextClassifier.Options(
      maxLength: maxLength, threads: threads, batchTokens: batchTokens,
      overflow: overflow == .window ? .window(stride: stride) : .truncate)
  }
}
