public import Checkpoints
public import Tensors

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// An encoder with a classifier on top: `AutoModelForSequenceClassification` in transformers.
public protocol SequenceClassificationModel: Sendable {
  init(_ weights: inout NamedWeights, configuration: ModelConfiguration) throws

  var configuration: ModelConfiguration { get }
  var encoder: TransformerEncoder { get }

  /// What the head makes of the encoder's states for the first token of each sequence: [sequences,
  /// hidden size] to [sequences, labels]. The matrix lives in `workspace` until its next reset.
  func logits(ofFirstTokens states: Matrix, workspace: Workspace) -> Matrix
}

extension SequenceClassificationModel {
  /// One row of scores a sequence, [sequences, labels], before softmax or sigmoid. The matrix lives
  /// in `workspace`, which the call resets, until the next one.
  ///
  /// - Throws: ``BatchError``
  public func logits(_ batch: PackedBatch, workspace: Workspace) throws -> Matrix {
    workspace.reset()
    return logits(
      ofFirstTokens: try encoder.firstTokens(batch, workspace: workspace), workspace: workspace)
  }

  /// The same logits with the last layer's output for every token, [tokens, hidden size]. Both live in
  /// `workspace`, which the call resets, until the next one.
  ///
  /// - Throws: ``BatchError``
  public func logitsAndStates(
    _ batch: PackedBatch, workspace: Workspace
  ) throws -> (logits: Matrix, states: Matrix) {
    workspace.reset()
    let states = try encoder.hiddenStates(batch, workspace: workspace)
    let first = workspace.matrix(rows: batch.sequenceCount, columns: states.columns)
    for sequence in 0..<batch.sequenceCount {
      first.copyRow(batch.sequenceOffsets[sequence], of: states, to: sequence)
    }
    return (logits(ofFirstTokens: first, workspace: workspace), states)
  }
}

/// Where the families are listed: a new one is a file of its own and a line here.
///
/// - Throws: `CheckpointError`, and ``MissingHeadError`` for a checkpoint without a classifier.
public func sequenceClassificationModel(
  _ weights: inout NamedWeights, configuration: ModelConfiguration
) throws -> any SequenceClassificationModel {
  switch configuration.family {
  case .bert: try BertForSequenceClassification(&weights, configuration: configuration)
  case .distilBert: try DistilBertForSequenceClassification(&weights, configuration: configuration)
  }
}

/// The model that tells whether a text follows another.
///
/// - Throws: ``MissingHeadError`` for DistilBERT, which was not trained to.
public func nextSentenceModel(
  _ weights: inout NamedWeights, configuration: ModelConfiguration
) throws -> any SequenceClassificationModel {
  switch configuration.family {
  case .bert: try BertForNextSentencePrediction(&weights, configuration: configuration)
  case .distilBert:
    throw MissingHeadError(.nextSentence, path: weights.path, configuration: configuration)
  }
}

/// The encoder alone, for features.
public func encoder(_ weights: inout NamedWeights, configuration: ModelConfiguration) throws
  -> TransformerEncoder
{
  switch configuration.family {
  case .bert: try BertModel(&weights, configuration: configuration).encoder
  case .distilBert: try DistilBertModel(&weights, configuration: configuration).encoder
  }
}
