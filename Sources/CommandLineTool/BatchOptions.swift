import ArgumentParser
import Cloud4Bert

/// `--precision`
enum PrecisionChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, float32, bf16x3, bfloat16

  /// Nil for auto.
  var precision: Precision? {
    switch self {
    case .auto: nil
    case .float32: .float32
    case .bf16x3: .bf16x3
    case .bfloat16: .bfloat16
    }
  }
}

/// How texts are cut and worked on side by side, for the commands that run a model over them.
struct BatchOptions: ParsableArguments {
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

  @Option(
    help: ArgumentHelp(
      "What products are computed in: auto, float32, bf16x3 or bfloat16.",
      discussion: """
        bf16x3 differs from float32 in the fifth digit of a score, bfloat16 in the third or second \
        and takes half the memory; which is the faster, and what auto means, cloud4bert info says.
        """))
  var precision = PrecisionChoice.auto

  func validate() throws {
    for (name, value) in [
      ("--max-length", maxLength), ("--threads", threads), ("--batch-tokens", batchTokens),
    ] where value.map({ $0 < 1 }) ?? false {
      throw ValidationError("\(name) must be at least 1")
    }
  }

  var options: TextClassifier.Options {
    TextClassifier.Options(
      maxLength: maxLength, threads: threads, batchTokens: batchTokens,
      precision: precision.precision)
  }
}
