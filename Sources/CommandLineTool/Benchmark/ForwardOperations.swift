import Checkpoints
import Tensors
import Transformers

/// How many floating-point operations the products of a classifier take for some texts, a
/// multiplication and an addition counting as two. Biases, norms and the like, which are few, are left
/// out.
struct ForwardOperations {
  private let configuration: ModelConfiguration
  private let sequences: Double
  private let tokens: Double
  /// Pairs of tokens of one text.
  private let pairs: Double

  /// - Parameter lengths: The tokens of each text.
  init(_ configuration: ModelConfiguration, lengths: [Int]) {
    self.configuration = configuration
    sequences = Double(lengths.count)
    tokens = lengths.reduce(0) { $0 + Double($1) }
    pairs = lengths.reduce(0) { $0 + Double($1) * Double($1) }
  }

  /// Nil for a stage without a product.
  subscript(stage: Stage) -> Double? {
    let hidden = Double(configuration.hiddenSize)
    let wide = Double(configuration.intermediateSize)
    // The last layer computes the first token of each text alone, from the keys and values of all.
    let whole = Double(configuration.layerCount - 1)
    let rows = whole * tokens + sequences
    switch stage {
    case .queryKeyValue: return 2 * hidden * hidden * (rows + 2 * (whole + 1) * tokens)
    // Queries by keys, and the weights that come of it by values.
    case .attention: return 4 * hidden * (whole * pairs + tokens)
    case .attentionOutput: return 2 * hidden * hidden * rows
    case .intermediate, .output: return 2 * hidden * wide * rows
    case .head: return 2 * hidden * (hidden + Double(configuration.labels.count)) * sequences
    case .tokenization, .embeddings, .attentionNorm, .activation, .outputNorm, .answers: return nil
    }
  }

  /// Of all stages.
  var sum: Double { Stage.allCases.reduce(0) { $0 + (self[$1] ?? 0) } }
}

extension ModelConfiguration {
  /// The numbers in a classifier's tensors, as `num_parameters()` of transformers counts them.
  var classifierParameterCount: Int {
    let square = hiddenSize * hiddenSize + hiddenSize
    let norm = 2 * hiddenSize
    let embeddings =
      (vocabularySize + maxPositionEmbeddings + typeVocabularySize) * hiddenSize + norm
    let feedForward = 2 * hiddenSize * intermediateSize + intermediateSize + hiddenSize
    // The classifier's hidden layer, and the labels.
    let head = square + labels.count * (hiddenSize + 1)
    return embeddings + layerCount * (4 * square + feedForward + 2 * norm) + head
  }
}
