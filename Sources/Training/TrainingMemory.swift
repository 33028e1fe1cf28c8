import Checkpoints
import Tensors
import Transformers

/// About how much memory training takes, told before it begins.
public struct TrainingMemory: Sendable, Equatable {
  /// How many bytes the weights take.
  public let weights: Int
  /// How many bytes AdamW's two moments take.
  public let moments: Int
  /// How many bytes the gradients take, one for each thread.
  public let gradients: Int
  /// How many bytes the forward passes of all threads keep for the backward passes.
  public let activations: Int
  /// How many bytes the threads' packed operands take.
  public let packing: Int

  /// - Parameters:
  ///   - shardTokens: The most tokens that a thread works on at a time.
  ///   - hiddenTokens: Of these, those of which a masked language model tells the word.
  ///   - precision: Of the large products.
  init(
    _ configuration: ModelConfiguration, parameterCount: Int, threads: Int, shardTokens: Int,
    hiddenTokens: Int = 0, precision: Precision = .float32
  ) {
    weights = 4 * parameterCount
    moments = 2 * weights
    gradients = threads * weights
    let (hidden, wide) = (configuration.hiddenSize, configuration.intermediateSize)
    let layer = 8 * hidden + wide + configuration.headCount
    // Behind the layers: embeddings, and what the way back works with.
    let token = configuration.layerCount * layer + 10 * hidden + 2 * wide
    // Logits and their gradient.
    let words = 2 * hiddenTokens * configuration.vocabularySize
    activations = 4 * threads * (shardTokens * token + words)
    // The largest products: of all tokens in the feed-forward block, and of those whose words are told.
    let multiplication = Multiplication(precision, workspace: Workspace())
    let sizes = [(wide, shardTokens), (configuration.vocabularySize, hiddenTokens)]
    packing =
      threads
      * sizes.flatMap { size, rows in
        [(rows, size, hidden), (rows, hidden, size), (size, hidden, rows)].map {
          multiplication.byteCount(rows: $0, columns: $1, depth: $2)
        }
      }.max()!
  }

  public var total: Int { weights + moments + gradients + activations + packing }
}
