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

/// Tells whether one text follows another, with the head that BERT was pretrained with (Devlin et
/// al., 2018, section 3.1), on the CPU.
///
///     let model = try NextSentence(folder: URL(filePath: "bert-base-uncased"))
///     try await model.predict("He opened the door.", next: "Nobody was there.").probability
///
/// The answers are the softmax of the logits of `BertForNextSentencePrediction` in transformers, whose
/// label 0 means that the second text follows. A model serves any number of tasks at once.
public struct NextSentence: Sendable {
  public let options: Options
  private let classifier: TextClassifier

  /// Settings with defaults that suit most uses.
  public struct Options: Sendable {
    /// Truncate pairs to this many tokens instead of the model's own limit.
    public var maxLength: Int?
    /// Batches run side by side when many pairs come, and threads on a single one; nil: one a core.
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
  public static var architectures: [String] { Head.nextSentence.classes }

  /// Opens a folder of `BertForNextSentencePrediction` or `BertForPreTraining`.
  ///
  /// - Throws: `MissingHeadError` for a model of another class, and as
  ///   ``TextClassifier/init(folder:options:)``.
  public init(folder: URL, options: Options = Options()) throws {
    try self.init(folder: OpenedFolder(folder), options: options)
  }

  package init(folder: OpenedFolder, options: Options = Options()) throws {
    self.options = options
    // As BertForNextSentencePrediction is used, which has no pipeline.
    classifier = try TextClassifier(
      folder: folder,
      options: TextClassifier.Options(
        maxLength: options.maxLength, threads: options.threads, batchTokens: options.batchTokens,
        precision: options.precision, products: options.products), keepsEmptyPairs: true,
      opening: SequenceClassificationModel.init(nextSentence:configuration:))
  }

  /// The folder that the model was opened from.
  public var folder: URL { classifier.folder }
  /// What its `config.json` says.
  public var configuration: ModelConfiguration { classifier.configuration }
  /// The longest pair, in tokens with special ones. Of longer pairs the longer text is truncated.
  public var maxLength: Int { classifier.maxLength }

  /// Predicts whether `next` follows `text`. All cores work on it, where no other call has them.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  public func predict(_ text: String, next: String) async throws -> NextSentencePrediction {
    NextSentencePrediction(try await classifier.classify(text, pair: next))
  }

  /// Predicts whether `next` follows `text` on the calling thread, which is kept until that is done.
  /// For programs without tasks; a task that calls it holds others up.
  public func predictBlocking(_ text: String, next: String) throws -> NextSentencePrediction {
    NextSentencePrediction(try classifier.classifyBlocking(text, pair: next))
  }

  /// Predicts for many pairs, on as many cores as the options say. Answers come in the order of the
  /// pairs.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  public func predict(
    _ pairs: [(text: String, next: String)]
  ) async throws -> [NextSentencePrediction] {
    try await classifier.classify(pairs.map { TextInput($0.text, pair: $0.next) })
      .map { NextSentencePrediction($0) }
  }

  /// What all calls run on.
  package var engine: Engine<ClassificationTask> { classifier.engine }
}

/// Whether the second text of a pair follows the first.
public struct NextSentencePrediction: Sendable, Equatable {
  /// The probability that the second text follows the first, from 0 to 1.
  public let probability: Float
  /// The model's raw outputs: that it follows, and that it does not.
  public let logits: [Float]
  /// How many tokens the model saw, special tokens included.
  public let tokenCount: Int
  /// Whether the pair was longer than the model takes, and part of it was left out.
  public let isTruncated: Bool
  /// The more probable label: `is_next` or `not_next`.
  public let label: String

  /// Whether it follows rather than not.
  public var isNext: Bool { probability >= 0.5 }

  package init(_ answer: Classification) {
    probability = answer.values[0]
    logits = answer.logits
    tokenCount = answer.tokenCount
    isTruncated = answer.isTruncated
    label = answer.label
  }
}
