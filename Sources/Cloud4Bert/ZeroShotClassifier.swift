import Checkpoints
package import Files
package import Inference
public import Tensors
import Tokenization
public import Transformers

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// Classifies texts by labels of any names, with a model that was trained to tell what follows from a text
/// (natural-language inference), and not for these labels (Yin et al., 2019, arXiv:1909.00161).
///
///     let classifier = try ZeroShotClassifier(
///       folder: URL(filePath: "roberta-large-mnli"), labels: ["billing", "bug", "praise"])
///     let answer = try await classifier.classify("I was charged twice.")
///     print(answer.label, answer.score)
///
/// For each label the model sees the text with a hypothesis such as "This example is billing."; answers are
/// those of the zero-shot-classification pipeline of transformers. One classifier serves any number of
/// tasks at once.
public struct ZeroShotClassifier: Sendable {
  /// The folder that the model was opened from.
  public let folder: URL
  /// What its `config.json` says.
  public let configuration: ModelConfiguration
  public let options: Options
  /// The labels that a text may have.
  public let labels: [String]
  /// The longest pair of text and hypothesis, in tokens with special ones; longer texts are truncated.
  public let maxLength: Int
  /// What all calls run on.
  package let engine: Engine<ZeroShotTask>

  /// Settings with defaults that suit most uses.
  public struct Options: Sendable {
    /// A hypothesis with `{}` where a label goes.
    public var hypothesisTemplate: String
    /// Whether a text may have any number of the labels, whose scores are independent then; else they add
    /// up to 1.
    public var isMultiLabel: Bool
    /// Truncate to this many tokens instead of the model's own limit.
    public var maxLength: Int?
    /// Batches run side by side when many texts come, and threads on a single one; nil: one a core.
    public var threads: Int?
    /// How many tokens a batch has. More need more memory; few leave the products too small to be fast.
    public var batchTokens: Int
    /// What products are computed in; nil: the fastest whose answers are those of float32
    /// (`Precision.automatic`).
    public var precision: Precision?
    /// What computes those of float32; nil: the faster one on this machine (`Products.automatic`).
    /// `Products.blas` goes with no other precision.
    public var products: Products?

    public init(
      hypothesisTemplate: String = "This example is {}.", isMultiLabel: Bool = false,
      maxLength: Int? = nil, threads: Int? = nil, batchTokens: Int = 512,
      precision: Precision? = nil, products: Products? = nil
    ) {
      self.hypothesisTemplate = hypothesisTemplate
      self.isMultiLabel = isMultiLabel
      self.maxLength = maxLength
      self.threads = threads
      self.batchTokens = batchTokens
      self.precision = precision
      self.products = products
    }
  }

  /// Opens a folder of a sequence classifier with a label `entailment`.
  ///
  /// - Throws: ``ZeroShotError`` for a model without such a label, and for labels and templates of which no
  ///   hypotheses are made; else as ``TextClassifier/init(folder:options:)``.
  public init(folder: URL, labels: [String], options: Options = Options()) throws {
    try self.init(folder: OpenedFolder(folder), labels: labels, options: options)
  }

  package init(folder: OpenedFolder, labels: [String], options: Options = Options()) throws {
    try options.checkRun()
    let hypotheses = try Self.hypotheses(of: labels, options.hypothesisTemplate)
    var files = try ModelFiles(folder: folder, layers: options.layers)
    maxLength = try files.maxLength(options.maxLength)
    let model = try SequenceClassificationModel(&files.weights, configuration: files.configuration)
    try files.weights.checkAllUsed()
    self.folder = folder.url
    self.labels = labels
    self.options = options
    configuration = model.configuration
    let names = configuration.labels
    guard let entailment = names.firstIndex(where: { $0.lowercased().hasPrefix("entail") }),
      names.count > 1
    else { throw ZeroShotError.noEntailment(labels: names, folder: folder.url.path) }
    engine = Engine(
      ZeroShotTask(
        model: model, tokenizer: files.tokenizer, labels: labels, hypotheses: hypotheses,
        entailment: entailment,
        // The choice of the pipeline: the first label, or the last where that is entailment.
        contradiction: entailment == 0 ? names.count - 1 : 0,
        isMultiLabel: options.isMultiLabel || labels.count == 1, maxLength: maxLength,
        folder: folder.url.path),
      threads: options.threads, batchTokens: options.batchTokens)
  }

  private static func hypotheses(of labels: [String], _ template: String) throws -> [String] {
    guard !labels.isEmpty else { throw ZeroShotError.noLabels }
    var names: Set<[UInt8]> = []
    for label in labels where !names.insert(Array(label.utf8)).inserted {
      throw ClassifierError.duplicateLabel(label)
    }
    let parts = template.split(separator: "{}", omittingEmptySubsequences: false)
    guard parts.count == 2 else { throw ZeroShotError.template(template) }
    return labels.map { "\(parts[0])\($0)\(parts[1])" }
  }

  /// Classifies one text: all cores work on it, where no other call has them.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  public func classify(_ text: String) async throws -> Classification {
    try await engine.answer(to: TextInput(text))
  }

  /// Classifies one text on the calling thread, which is kept until the answer is there. For programs
  /// without tasks; a task that calls it holds others up.
  public func classifyBlocking(_ text: String) throws -> Classification {
    try engine.blockingAnswer(to: TextInput(text))
  }

  /// Classifies many texts, in their order, on as many cores as ``Options/threads`` says.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  public func classify(_ texts: [String]) async throws -> [Classification] {
    try await engine.answers(to: texts.map { TextInput($0) })
  }
}

/// Why a model or some labels are no good for ``ZeroShotClassifier``.
public enum ZeroShotError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The model has no label that begins with "entail".
  case noEntailment(labels: [String], folder: String)
  case noLabels
  /// A template without one `{}`.
  case template(String)
  /// A pair of texts, where the second is to be the hypothesis.
  case pair

  public var description: String {
    switch self {
    case .noEntailment(let labels, let folder):
      """
      \(folder): its labels are \(quotedList(labels)), and none of them is entailment; take a model that was \
      trained on natural-language inference, such as one whose name ends in -mnli
      """
    case .noLabels: "there are no labels to choose from"
    case .template(let template):
      "the template \(quoted(template)) has no {} for the label, or several; write such as 'This example is {}.'"
    case .pair: "a hypothesis is the second text, so that pairs of texts cannot be classified"
    }
  }
}
