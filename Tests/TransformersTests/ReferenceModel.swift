import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing
import Transformers

/// A model folder with `expected.json` beside the weights: what transformers computes for some token
/// ids. `Scripts/fixtures/checkpoints.py` and `Scripts/fixtures/reference.py` write it.
struct ReferenceModel {
  struct Expected: Decodable {
    struct Sequence: Decodable {
      let inputIDs: [Int32]
      let tokenTypeIDs: [UInt8]?
      let lastHiddenState: [[Float]]?
      let poolerOutput: [Float]?
      let logits: [Float]?
      let predictionLogits: [[Float]]?
      let seqRelationshipLogits: [Float]?

      enum CodingKeys: String, CodingKey {
        case inputIDs = "input_ids"
        case tokenTypeIDs = "token_type_ids"
        case lastHiddenState = "last_hidden_state"
        case poolerOutput = "pooler_output"
        case logits
        case predictionLogits = "prediction_logits"
        case seqRelationshipLogits = "seq_relationship_logits"
      }
    }

    let sequences: [Sequence]
  }

  let folder: URL
  let layers: LinearOptions
  let configuration: ModelConfiguration
  let sequences: [Expected.Sequence]

  init(folder: URL, layers: LinearOptions = LinearOptions()) throws {
    self.folder = folder
    self.layers = layers
    configuration = try ModelConfiguration(folder: folder)
    let data = try Data(contentsOf: folder.appending(path: "expected.json"))
    sequences = try JSONDecoder().decode(Expected.self, from: data).sequences
  }

  init(fixture: String, layers: LinearOptions = LinearOptions()) throws {
    try self.init(
      folder: fixturesFolder.appending(path: "checkpoints/\(fixture)"), layers: layers)
  }

  /// All sequences in one packed batch.
  var batch: PackedBatch {
    var batch = PackedBatch()
    for sequence in sequences {
      batch.append(sequence.inputIDs, tokenTypeIDs: sequence.tokenTypeIDs)
    }
    return batch
  }

  func weights() throws -> NamedWeights {
    try NamedWeights(Checkpoint(folder: folder), configuration: configuration, layers: layers)
  }

  func classifier() throws -> SequenceClassificationModel {
    var weights = try weights()
    let model = try SequenceClassificationModel(&weights, configuration: configuration)
    try weights.checkAllUsed()
    return model
  }

  /// Those of every sequence, in one batch.
  func logits() throws -> Matrix {
    try classifier().logits(batch, workspace: Workspace())
  }

  /// The largest difference to the expected logits, every sequence in one batch.
  func largestLogitDifference() throws -> Float {
    let logits = try logits()
    return try sequences.enumerated().reduce(0) { largest, element in
      let (index, sequence) = element
      return max(largest, largestDifference(logits.row(index), try #require(sequence.logits)))
    }
  }

  /// The largest difference to the expected hidden states of all tokens, or of the first ones of each
  /// sequence where no more are kept; infinite where a sequence has none.
  func largestStateDifference(firstTokens: Int? = nil) throws -> Float {
    var weights = try weights()
    let states = try TransformerEncoder(&weights, configuration: configuration)
      .hiddenStates(batch, workspace: Workspace())
    var largest: Float = 0
    for (index, sequence) in sequences.enumerated() {
      let tokens = batch.tokens(of: index).prefix(firstTokens ?? .max)
      guard let expected = sequence.lastHiddenState, !expected.isEmpty,
        expected.count == tokens.count
      else { return .infinity }
      for (token, state) in zip(tokens, expected) {
        largest = max(largest, largestDifference(states.row(token), state))
      }
    }
    return sequences.isEmpty ? .infinity : largest
  }
}
