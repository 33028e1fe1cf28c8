/// Which sequence gives up tokens when both together are too long (`truncation` of Hugging Face).
public enum Truncation: String, Sendable, CaseIterable {
  /// The longer one, until both are of a length, then both alike.
  case longestFirst = "longest_first"
  case onlyFirst = "only_first"
  case onlySecond = "only_second"

  /// How many tokens to keep of each sequence.
  ///
  /// - Parameters:
  ///   - second: nil where there is no second sequence.
  ///   - budget: The most tokens of both together.
  func lengths(
    first: Int, second: Int?, budget: Int
  ) throws(TokenizerError) -> (first: Int, second: Int) {
    let total = first + (second ?? 0)
    if total <= budget { return (first, second ?? 0) }
    if budget == 0 { return (0, 0) }
    switch self {
    case .longestFirst:
      guard let second else { return (budget, 0) }
      let shorter = min(first, second)
      var kept = (shorter, max(shorter, budget - shorter))
      // Where neither fits, the half that is rounded up goes to the one that was longer.
      if shorter > budget || kept.0 + kept.1 > budget {
        kept = (budget / 2, budget / 2 + budget % 2)
      }
      return first > second ? (kept.1, kept.0) : kept
    case .onlyFirst:
      guard first > total - budget else {
        throw .truncationImpossible(reason: "the first sequence is too short")
      }
      return (first - (total - budget), second ?? 0)
    case .onlySecond:
      guard let second else {
        throw .truncationImpossible(reason: "there is no second sequence")
      }
      guard second > total - budget else {
        throw .truncationImpossible(reason: "the second sequence is too short")
      }
      return (first, second - (total - budget))
    }
  }
}

/// Which end of a sequence is left out where it is too long (`truncation_side` of Hugging Face).
public enum TruncationSide: String, Sendable, CaseIterable {
  case left, right

  /// The tokens that are kept of a sequence.
  func kept(_ count: Int, of sequence: Range<Int>) -> Range<Int> {
    switch self {
    case .left: sequence.upperBound - count..<sequence.upperBound
    case .right: sequence.lowerBound..<sequence.lowerBound + count
    }
  }
}
