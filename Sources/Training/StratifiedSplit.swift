import Tensors

/// Examples dealt out to training and validation, each class in the same proportion.
public struct StratifiedSplit: Sendable, Equatable {
  /// The indices of the examples to train on, ascending.
  public let training: [Int]
  public let validation: [Int]

  /// The validation part has `share` of all examples, rounded to the nearest count where the classes
  /// allow it: what each of them gives is off by less than one from its own share, and at least one
  /// example of each stays in training.
  ///
  /// - Parameters:
  ///   - classes: One an example, in `0..<classCount`.
  ///   - classCount: How many classes there are.
  ///   - share: More than 0 and less than 1.
  ///   - seed: Gives the examples that are drawn.
  public init(classes: [Int], classCount: Int, validationShare share: Double, seed: UInt64) {
    precondition(share > 0 && share < 1, "a share between 0 and 1")
    precondition(classes.allSatisfy { (0..<classCount).contains($0) }, "a class outside the count")
    var counts = [Int](repeating: 0, count: classCount)
    for label in classes { counts[label] += 1 }
    // The largest remainders get what rounding down leaves.
    let exact = counts.map { Double($0) * share }
    var quotas = zip(exact, counts).map { $1 > 1 ? min(Int($0), $1 - 1) : 0 }
    var left = Int((Double(classes.count) * share).rounded()) - quotas.reduce(0, +)
    let byRemainder = counts.indices.sorted { a, b in
      let (first, second) = (exact[a] - Double(quotas[a]), exact[b] - Double(quotas[b]))
      return first == second ? a < b : first > second
    }
    for label in byRemainder
    where left > 0 && Double(quotas[label]) < exact[label] && quotas[label] + 1 < counts[label] {
      quotas[label] += 1
      left -= 1
    }
    var generator = SplitMix64(seed, 0x73_706C_6974)  // "split"
    var isValidation = [Bool](repeating: false, count: classes.count)
    for example in generator.permutation(classes.count) where quotas[classes[example]] > 0 {
      quotas[classes[example]] -= 1
      isValidation[example] = true
    }
    training = classes.indices.filter { !isValidation[$0] }
    validation = classes.indices.filter { isValidation[$0] }
  }
}
