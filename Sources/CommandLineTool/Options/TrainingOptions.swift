import ArgumentParser
import Cloud4Bert
import Tensors
import Training

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `--validation`: a share of the rows, a file of its own, or none.
enum ValidationChoice: CustomStringConvertible, Equatable {
  case share(Double)
  case file(String)
  case none

  /// - Throws: `ValidationError` for a share that is none.
  init(argument: String) throws {
    if argument == "none" {
      self = .none
    } else if let share = Double(argument) {
      guard share >= 0, share < 1 else {
        throw ValidationError("a share is from 0 to below 1; give one, a file, or none")
      }
      self = share == 0 ? .none : .share(share)
    } else {
      self = .file(argument)
    }
  }

  var description: String {
    switch self {
    case .share(let share): "\(share)"
    case .file(let file): file
    case .none: "none"
    }
  }
}

/// `--save-precision`
enum SavePrecision: String, ExpressibleByArgument, CaseIterable {
  case float32, bfloat16
}

/// `--precision` of training.
enum TrainingPrecision: String, ExpressibleByArgument, CaseIterable {
  case auto, float32, bf16x3
  /// Taken so that the answer can say what to do instead.
  case bfloat16, int8

  static var allValueStrings: [String] { ["auto", "float32", "bf16x3"] }

  /// Nil for auto.
  var precision: Precision? {
    switch self {
    case .auto: nil
    case .float32: .float32
    case .bf16x3: .bf16x3
    case .bfloat16: .bfloat16
    case .int8: .int8
    }
  }
}

/// How a model is trained and where it goes, for every command that trains one.
struct TrainingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Texts to measure each epoch on: a share of the rows, a file, or none.",
      discussion: """
        A share is taken from each label alike, by --seed, and not trained on. The best epoch on \
        these texts is the one that is kept; with none it is the last.
        """,
      valueName: "share|file|none"),
    completion: .file(), transform: { try ValidationChoice(argument: $0) })
  var validation = ValidationChoice.share(0.1)

  @Option(help: ArgumentHelp("How often to go through the texts.", valueName: "n"))
  var epochs = 4

  @Option(help: ArgumentHelp("The highest learning rate.", valueName: "rate"))
  var learningRate = 5e-5

  @Option(help: ArgumentHelp("Texts of a step.", valueName: "n"))
  var batchSize = 32

  @Option(
    help: ArgumentHelp(
      "Cut texts to this many tokens, special ones included (default: 128, or the model's limit).",
      valueName: "n"))
  var maxLength: Int?

  @Option(
    help: ArgumentHelp(
      "The share of the steps in which the learning rate rises, before it falls to 0.",
      valueName: "share"))
  var warmup = 0.1

  @Option(
    help: ArgumentHelp(
      "AdamW's; biases and layer norms have none.", valueName: "decay"))
  var weightDecay = 0.01

  @Flag(help: "Train without the dropout that the model's config.json asks for.")
  var noDropout = false

  @Option(
    help: ArgumentHelp(
      "Stop after this many epochs without a better one (default: never).", valueName: "n"))
  var patience: Int?

  @Option(
    help: ArgumentHelp("Gives the order of the texts, dropout and new weights.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp(
      "Threads to train on, at most one a text of a step (default: one a core).", valueName: "n"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "What the large products are computed in: auto, float32 or bf16x3.",
      discussion: """
        auto is bf16x3 where AMX does the products, and float32 elsewhere, where that is the faster. \
        All else is computed in float32.
        """))
  var precision = TrainingPrecision.auto

  @Option(help: "How the weights are saved: float32 or bfloat16.")
  var savePrecision = SavePrecision.float32

  @Option(
    help: ArgumentHelp(
      "Minutes from one checkpoint to the next; each epoch ends with one too.",
      valueName: "minutes"))
  var checkpointMinutes = TrainingLoop.Settings().checkpointMinutes

  @OptionGroup var outputFolder: OutputFolderOptions

  @Flag(help: "Go on from the checkpoint in the output folder.")
  var resume = false

  @Flag(help: "Print one JSON object instead of tables.")
  var json = false

  var output: String { outputFolder.output }

  func validate() throws {
    for (name, value) in [
      ("--epochs", epochs), ("--batch-size", batchSize), ("--max-length", maxLength),
      ("--patience", patience), ("--threads", threads),
    ] where value.map({ $0 < 1 }) ?? false {
      throw ValidationError("\(name) must be at least 1")
    }
    try BatchSizeOptions.checkThreads(threads)
    for (name, value) in [("--epochs", epochs), ("--batch-size", batchSize)] where value > 1 << 20 {
      throw ValidationError("\(name) must be at most \(1 << 20)")
    }
    guard learningRate > 0, learningRate.isFinite else {
      throw ValidationError("--learning-rate must be more than 0")
    }
    guard (0...1).contains(warmup) else {
      throw ValidationError("--warmup is a share of the steps, from 0 to 1")
    }
    guard weightDecay >= 0, weightDecay.isFinite else {
      throw ValidationError("--weight-decay must not be negative")
    }
    guard checkpointMinutes >= 0 else {
      throw ValidationError("--checkpoint-minutes must not be negative")
    }
    if patience != nil, validation == .none {
      throw ValidationError("--patience needs texts to measure on: give --validation")
    }
    if precision == .bfloat16 || precision == .int8 {
      throw ValidationError(
        "--precision \(precision.rawValue) is for models that are trained: gradients of 8 bits lose what is small "
          + "in them; train in bf16x3, and give --save-precision bfloat16 for a small file")
    }
    if resume, outputFolder.overwrite {
      throw ValidationError("give either --resume or --overwrite, not both")
    }
  }

  /// Fine-tuning is done with 1e-5 to 1e-4; new models are trained from nothing with up to 1e-3.
  private static let highestUsualLearningRate = 0.01

  /// What is allowed, but hardly meant.
  var notes: [String] {
    guard learningRate > Self.highestUsualLearningRate else { return [] }
    return [
      """
      a learning rate of \(learningRate) is far above what models are trained with (5e-5, at most \
      some 1e-3): most likely the model forgets what it knew
      """
    ]
  }

  /// What `--precision` comes to on this machine.
  var productPrecision: Precision {
    precision.precision ?? (Precision.bf16x3.isFasterThanFloat32 ? .bf16x3 : .float32)
  }

  /// Tells which one that is, and who computes it.
  var precisionLine: String {
    guard productPrecision == .bf16x3 else { return "products in float32 (BLAS, \(BLAS.coreType))" }
    return "products in bf16x3 (\(Processor.products)"
      + (Precision.bf16x3.isFasterThanFloat32 ? ")" : ", no faster than float32 here)")
  }

  var loopSettings: TrainingLoop.Settings {
    var settings = TrainingLoop.Settings()
    settings.epochs = epochs
    settings.batchSize = batchSize
    settings.learningRate = learningRate
    settings.warmup = warmup
    settings.patience = patience
    settings.seed = seed
    settings.checkpointMinutes = checkpointMinutes
    return settings
  }

  var learnerOptions: LearnerOptions {
    var options = LearnerOptions()
    options.maxLength = maxLength
    options.weightDecay = weightDecay
    options.usesDropout = !noDropout
    options.seed = seed
    options.threads = threads
    options.batchSize = batchSize
    options.precision = productPrecision
    return options
  }

  /// What else must stay the same for a run to be resumed.
  ///
  /// - Parameter maxLength: The one that holds.
  func identity(maxLength: Int) -> [String: String] {
    [
      "the weight decay": "\(weightDecay)", "dropout": noDropout ? "none" : "as in config.json",
      "the longest text": "\(maxLength) tokens", "--validation": "\(validation)",
      "--precision": productPrecision.rawValue,
    ]
  }

  /// Whether a checkpoint is there to go on from: a run that stopped before its first one begins anew.
  var isResuming: Bool { resume && TrainingLoop.canResume(in: URL(filePath: output)) }

  /// Where the model goes.
  ///
  /// - Throws: ``UnfinishedRun`` or `ModelFolderError` where something is there that may not be
  ///   replaced, and `ExitCode.success` where there is nothing left to resume.
  func destination() throws -> ModelFolder {
    let url = URL(filePath: output)
    let hasCheckpoint = TrainingLoop.canResume(in: url)
    if !resume, !outputFolder.overwrite, hasCheckpoint { throw UnfinishedRun(folder: output) }
    if resume, !hasCheckpoint {
      guard TrainingLoop.hasBegun(in: url) else {
        throw TrainingError.noCheckpoint(folder: output)
      }
      if TrainingLoop.isFinished(in: url) {
        StandardError.line("\(output) is finished: there is nothing to resume")
        throw ExitCode.success
      }
    }
    return try ModelFolder(url, replacing: outputFolder.overwrite || resume)
  }

  struct UnfinishedRun: Error, CustomStringConvertible {
    let folder: String

    var description: String {
      """
      \(folder) holds a training run that did not come to its end; go on with --resume, or start \
      anew with --overwrite
      """
    }
  }
}
