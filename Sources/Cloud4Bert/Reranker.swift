import Evaluation
import Files
package import Inference
import Tokenization
import Transformers

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// Orders texts by how well they answer a query, with a model that reads both together (a cross-encoder):
/// a classifier of one label, such as `BAAI/bge-reranker-base`.
///
///     let reranker = try Reranker(folder: URL(filePath: "bge-reranker-base"))
///     let ranks = try await reranker.rank(passages, for: "how to parse JSON")
///     print(passages[ranks[0].index])
///
/// Scores are the sigmoids of the logits of transformers' `AutoModelForSequenceClassification` for the
/// pairs (query, text). Of pairs that are too long the longer of both is truncated.
public struct Reranker: Sendable {
  /// A text's place in the list that was given, and how well it answers.
  public struct Rank: Sendable, Equatable {
    public let index: Int
    /// From 0 to 1.
    public let score: Float
    /// Before the sigmoid.
    public let logit: Float

    package init(index: Int, _ answer: Classification) {
      self.index = index
      logit = answer.logits[0]
      score = ScoreFunction.sigmoid(answer.logits)[0]
    }
  }

  /// The model as the classifier that it is.
  public let classifier: TextClassifier

  /// Opens a model folder.
  ///
  /// - Throws: ``RerankerError`` for a model of several labels; else as
  ///   ``TextClassifier/init(folder:options:)``.
  public init(folder: URL, options: TextClassifier.Options = .init()) throws {
    // An empty text is one, as it is for a tokenizer that is given both.
    let classifier = try TextClassifier(
      folder: OpenedFolder(folder), options: options, keepsEmptyPairs: true,
      opening: SequenceClassificationModel.init(_:configuration:))
    guard classifier.labels.count == 1 else {
      throw RerankerError(labels: classifier.labels, folder: folder.path)
    }
    self.classifier = classifier
  }

  /// The texts' places in the list, best first; of equal scores the earlier one.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  public func rank(_ texts: [String], for query: String) async throws -> [Rank] {
    let answers = try await classifier.classify(texts.map { TextInput(query, pair: $0) })
    return answers.enumerated().map { Rank(index: $0, $1) }.sorted(by: Rank.isBefore)
  }

  /// What all calls run on.
  package var engine: Engine<ClassificationTask> { classifier.engine }
}

extension Reranker.Rank {
  /// Whether one comes before the other.
  package static func isBefore(_ one: Reranker.Rank, _ other: Reranker.Rank) -> Bool {
    (other.logit, one.index) < (one.logit, other.index)
  }
}

/// A model that is no ``Reranker``.
public struct RerankerError: Error, Equatable, Sendable, CustomStringConvertible {
  public let labels: [String]
  public let folder: String

  public var description: String {
    """
    \(folder): a reranker has one label, and this model has \(labels.count); take such a model, such as one \
    whose name has reranker or cross-encoder in it
    """
  }
}
