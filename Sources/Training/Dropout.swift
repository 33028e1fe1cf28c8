import Tensors

/// The random numbers of dropout (Srivastava et al., 2014) in one step of training: functions of a seed,
/// the step, the place in the model, and the element's place in the global batch. A run repeats, however
/// its texts are shared out, and the way back draws the same numbers again.
public struct Dropout: Sendable {
  public let seed: UInt64
  public let step: Int
  /// The number in the global batch of each sequence; nil where the batch is all of it.
  public let sequences: [Int]?

  public init(seed: UInt64, step: Int, sequences: [Int]? = nil) {
    self.seed = seed
    self.step = step
    self.sequences = sequences
  }

  /// Where elements are dropped.
  enum Site {
    case embeddings
    case classifier
    case classifierInput
    case probabilities(layer: Int)
    case attentionOutput(layer: Int)
    case output(layer: Int)

    fileprivate var number: UInt64 {
      switch self {
      case .embeddings: 0
      case .classifier: 1
      // Layers count from 2 on.
      case .classifierInput: .max
      case .probabilities(let layer): 2 + 3 * UInt64(layer)
      case .attentionOutput(let layer): 3 + 3 * UInt64(layer)
      case .output(let layer): 4 + 3 * UInt64(layer)
      }
    }
  }

  /// Nil where nothing is dropped.
  func mask(_ site: Site, probability: Double) -> DropoutMask? {
    guard probability > 0 else { return nil }
    var generator = SplitMix64(seed, UInt64(step), site.number)
    return DropoutMask(key: generator.next(), probability: probability)
  }

  /// The number that a token has in every batch that it is put in.
  func number(sequence: Int, position: Int) -> UInt64 {
    UInt64(sequences?[sequence] ?? sequence) << 32 | UInt64(position)
  }
}
