import Checkpoints

/// About how much memory training takes, told before it begins.
public struct TrainingMemory: Sendable, Equatable {
  /// Bytes of the weights.
  public let weights: Int
  /// Of AdamW's two moments.
  public let moments: Int
  /// Of a gradient for each thread.
  public let gradients: Int
  /// Of what the forward passes of all threads keep for the backward passes.
  public let activations: Int

  /// - Parameters:
  ///   - shardTokens: The most tokens that a thread works on at a time.
  ///   - hiddenTokens: Of these, those of which a masked language model tells the word.
  init(
    _ configuration: ModelConfiguration, parameterCount: Int, threads: Int, shardTokens: Int,
    hiddenTokens: Int = 0
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
  }

  public var total: Int { weights + moments + gradients + activations }
}
