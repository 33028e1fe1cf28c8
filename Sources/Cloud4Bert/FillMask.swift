import Checkpoints
public import Files
package import Inference
public import Tensors
public import Tokenization
public import Transformers

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// Predicts the words that are masked in a text, with a BERT or DistilBERT model, on the CPU.
///
///     let model = try FillMask(folder: URL(filePath: "bert-base-uncased"))
///     for word in try await model.fill("Paris is the [MASK] of France.")[0] {
///       print(word.score, word.tokenString, word.sequence)
///     }
///
/// Answers equal those of the [fill-mask pipeline] of transformers with
/// `tokenizer_kwargs={"truncation": True}`. A model serves any number of tasks at once.
///
/// [fill-mask pipeline]: https://huggingface.co/docs/transformers/main_classes/pipelines#transformers.FillMaskPipeline
public struct FillMask: Sendable {
  /// The folder that the model was opened from.
  public let folder: URL
  /// What its `config.json` says.
  public let configuration: ModelConfiguration
  public let options: Options
  /// The longest input, in tokens with special ones; longer texts are truncated.
  public let maxLength: Int
  /// What stands for a word to be predicted: `[MASK]` in nearly every model.
  public let maskToken: String

  /// What all calls run on.
  package let engine: Engine<FillMaskTask>

  /// Settings with defaults that suit most uses.
  public struct Options: Sendable {
    /// Truncate to this many tokens instead of the model's own limit.
    public var maxLength: Int?
    /// Batches run side by side when many texts come, and threads on a single one; nil: one a core.
    public var threads: Int?
    /// How many tokens a batch has. More need more memory; few leave the products too small to be
    /// fast.
    public var batchTokens: Int
    /// What products are computed in; nil: the fastest whose answers are those of float32
    /// (`Precision.automatic`).
    public var precision: Precision?
    /// What computes those of float32; nil: the faster one on this machine (`Products.automatic`).
    /// `Products.blas` goes with no other precision.
    public var products: Products?

    public init(
      maxLength: Int? = nil, threads: Int? = nil, batchTokens: Int = 512,
      precision: Precision? = nil, products: Products? = nil
    ) {
      self.maxLength = maxLength
      self.threads = threads
      self.batchTokens = batchTokens
      self.precision = precision
      self.products = products
    }
  }

  /// The classes in transformers whose checkpoints have the head that this needs.
  public static var architectures: [String] { Head.maskedLM.classes }

  /// Opens a folder of `BertForMaskedLM`, `BertForPreTraining` or `DistilBertForMaskedLM`.
  ///
  /// - Throws: `MissingHeadError` for a model of another class, ``FillMaskError/noMaskToken(folder:)``,
  ///   and as ``TextClassifier/init(folder:options:)``.
  public init(folder: URL, options: Options = Options()) throws {
    try self.init(folder: OpenedFolder(folder), options: options)
  }

  package init(folder: OpenedFolder, options: Options = Options()) throws {
    try options.checkRun()
    var files = try ModelFiles(folder: folder, layers: options.layers)
    maxLength = try files.maxLength(options.maxLength)
    guard let id = files.tokenizer.maskTokenID, let token = files.tokenizer.token(for: id) else {
      throw FillMaskError.noMaskToken(folder: folder.url.path)
    }
    self.folder = folder.url
    self.options = options
    configuration = files.configuration
    maskToken = token
    let model = try MaskedLMModel(&files.weights, configuration: configuration)
    try files.weights.checkAllUsed()
    engine = Engine(
      FillMaskTask(
        model: model, tokenizer: files.tokenizer, maskTokenID: id, maskToken: token,
        maxLength: maxLength, folder: folder.url.path), threads: options.threads,
      batchTokens: options.batchTokens)
  }

  /// Predicts each mask of a text, or of a pair of texts: a list for each mask, in the order of the
  /// text, of predictions from the best on. All cores work on it, where no other call has them.
  ///
  /// With several masks, each is predicted by itself, while the others stay masked.
  ///
  /// - Parameters:
  ///   - text: With the model's mask token, mostly `[MASK]`, where words are missing.
  ///   - pair: The second text of a pair; masks may be in either.
  ///   - topK: How many predictions for each mask, at most as many as there are words or targets.
  ///   - targets: Where given, only these words are considered; their scores stay what they are
  ///     among all words.
  /// - Throws: ``FillMaskError`` for a text without a mask, or with one beyond ``maxLength``, and for a
  ///   `topK` below 1; `CancellationError` as soon as the task is cancelled.
  public func fill(
    _ text: String, pair: String? = nil, topK: Int = 5, targets: MaskTargets? = nil
  ) async throws -> [[MaskPrediction]] {
    try await engine.answer(to: input(TextInput(text, pair: pair), topK, targets))
  }

  /// Predicts each mask of a text as ``fill(_:pair:topK:targets:)`` does, on the calling thread, which
  /// is kept until that is done. For programs without tasks; a task that calls it holds others up.
  public func fillBlocking(
    _ text: String, pair: String? = nil, topK: Int = 5, targets: MaskTargets? = nil
  ) throws -> [[MaskPrediction]] {
    try engine.blockingAnswer(to: input(TextInput(text, pair: pair), topK, targets))
  }

  /// Predicts the masks of many texts, as ``fill(_:pair:topK:targets:)`` does, on as many cores as
  /// ``options`` say. Answers come in the order of the texts; a text that has none fails alone.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  public func fill(
    _ inputs: [TextInput], topK: Int = 5, targets: MaskTargets? = nil
  ) async throws -> [Result<[[MaskPrediction]], FillMaskError>] {
    try await engine.results(of: inputs.map { try input($0, topK, targets) }).map { result in
      do {
        return .success(try result.get())
      } catch let error as FillMaskError {
        return .failure(error)
      }
    }
  }

  private func input(
    _ text: TextInput, _ topK: Int, _ targets: MaskTargets?
  ) throws(FillMaskError) -> FillMaskTask.Input {
    guard topK > 0 else { throw .topKOutOfRange(topK) }
    return FillMaskTask.Input(text: text, topK: topK, targets: targets)
  }
}

/// A word in the place of a mask: the fields of the pipeline of transformers.
public struct MaskPrediction: Sendable, Equatable {
  /// The word's probability among all words of the vocabulary.
  public let score: Float
  /// The word's id in the vocabulary.
  public let token: Int
  /// The word's text (`token_str`); a part that continues a word begins with `##`.
  public let tokenString: String
  /// The text with the word in place, as the tokenizer decodes it: without special tokens where it has
  /// one mask, with them where it has several, as the others are still masked.
  public let sequence: String
}

/// Why a text's masks cannot be filled in.
public enum FillMaskError: DescribedError, Sendable, Equatable {
  /// The model's tokenizer has no token for masked words.
  case noMaskToken(folder: String)
  /// The text has no mask.
  case noMask(maskToken: String)
  /// So long a text that a mask of it would be cut off.
  case maskBeyondLimit(maskToken: String, maxLength: Int)
  /// Less than one prediction for each mask.
  case topKOutOfRange(Int)
  /// None of the words can be looked for.
  case noTargets([String])

  public var description: String {
    switch self {
    case .noMaskToken(let folder):
      "\(folder): the tokenizer has no mask token; give a model with mask_token in its "
        + "tokenizer_config.json"
    case .noMask(let token):
      "no mask token (\(token)) in the text; write \(token) for the word to be predicted"
    case .maskBeyondLimit(let token, let maxLength):
      "a mask token (\(token)) lies beyond the \(maxLength) tokens that the model takes; shorten "
        + "the text"
    case .topKOutOfRange(let count):
      "\(count) predictions were asked for; ask for 1 or more"
    case .noTargets(let words):
      "no targets: nothing is left of \(quotedList(words)) once "
        + "tokenised; give at least one word"
    }
  }
}
