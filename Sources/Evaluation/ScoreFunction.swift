#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The step from a row of logits to scores: what the text-classification pipeline of transformers
/// calls `function_to_apply`.
public enum ScoreFunction: Sendable {
  /// The labels exclude each other.
  case softmax
  /// Each label by itself.
  case sigmoid
  /// The logits as they are: a regression.
  case identity

  /// The scores of a row of logits, in the same order.
  public func callAsFunction(_ logits: [Float]) -> [Float] {
    switch self {
    case .identity:
      return logits
    case .sigmoid:
      return logits.map { 1 / (1 + exp(-$0)) }
    case .softmax:
      let largest = logits.max() ?? 0
      let powers = logits.map { exp($0 - largest) }
      let sum = powers.reduce(0, +)
      return powers.map { $0 / sum }
    }
  }
}
