package import Tensors
package import Tokenization
package import Transformers

/// A use of a model: what an input's tokens are, what a batch of them gives, and what answer that makes.
///
/// An ``Engine`` does the rest: it fills batches, shares them out to threads, and brings each answer to
/// whoever asked.
package protocol ModelTask: Sendable {
  /// What is asked, such as a text.
  associatedtype Input: Sendable
  /// What is answered, such as a label with its score.
  associatedtype Answer: Sendable
  /// What has to be known of a sequence once the model has seen it.
  associatedtype SequenceInfo
  /// What the model gives for one sequence.
  associatedtype Output

  /// About how many tokens an input makes. Cheap: it is asked before the input is tokenised, and must
  /// be the same each time.
  func estimatedTokens(_ input: Input) -> Int

  /// Calls `append` with the tokens of each sequence of an input: mostly one, several for windows, in
  /// the order in which they stand in the input.
  ///
  /// - Parameter tokens: Memory to be used, with whatever the last input left in it.
  /// - Throws: Why the input has no answer; others are not touched by that.
  func tokenize(
    _ input: Input, in tokens: inout TokenBuffer,
    append: (_ ids: [Int32], _ tokenTypeIDs: [UInt8], SequenceInfo) throws -> Void
  ) throws

  /// Runs the model over a batch: an output a sequence, or why there is none for it.
  func outputs(
    of batch: PackedBatch, _ sequences: [SequenceInfo], workspace: Workspace
  ) throws -> [Result<Output, any Error>]

  /// The answer to an input, of what its sequences gave, in their order.
  func answer(_ outputs: [(sequence: SequenceInfo, output: Output)]) throws -> Answer
}
