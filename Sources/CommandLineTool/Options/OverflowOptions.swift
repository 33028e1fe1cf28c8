import ArgumentParser
import Cloud4Bert

/// `--overflow`
enum OverflowChoice: String, ExpressibleByArgument, CaseIterable {
  case truncate, window
}

/// What becomes of texts longer than the model takes, for the commands that classify.
struct OverflowOptions: ParsableArguments {
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

  func validate() throws {
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

  func applied(to options: TextClassifier.Options) -> TextClassifier.Options {
    var options = options
    options.overflow = overflow == .window ? .window(stride: stride) : .truncate
    return options
  }
}
