import Tensors

/// How far a figure might lie from what other texts of the same kind would give.
public struct ConfidenceInterval: Sendable, Equatable {
  public let lower: Double
  public let upper: Double
  /// How many of a hundred such intervals hold the true figure, as a share: 0.95.
  public let level: Double

  public init(lower: Double, upper: Double, level: Double) {
    self.lower = lower
    self.upper = upper
    self.level = level
  }

  /// Whether a value lies in it, its ends included.
  public func contains(_ value: Double) -> Bool { (lower...upper).contains(value) }
}

/// The percentile bootstrap (Efron and Tibshirani 1993, chapter 13; `scipy.stats.bootstrap` with
/// `method="percentile"`): the texts are drawn again and again with replacement, as many as there
/// are, and the interval holds the middle of what comes out. The same seed gives the same interval on
/// every machine.
public struct Bootstrap: Sendable, Equatable {
  /// How often the texts are drawn.
  public var resamples: Int
  public var seed: UInt64
  /// The share of the outcomes that the interval holds.
  public var level: Double

  /// Says how often, from which seed and to which level the interval is drawn.
  ///
  /// - Precondition: One resample at least, and a level between 0 and 1.
  public init(resamples: Int = 1000, seed: UInt64 = 0, level: Double = 0.95) {
    precondition(resamples > 0 && level > 0 && level < 1, "a level between 0 and 1")
    self.resamples = resamples
    self.seed = seed
    self.level = level
  }

  /// The interval of a figure that depends only on how many texts there are of each kind, such as
  /// those of one true label that were given another.
  ///
  /// - Parameters:
  ///   - kinds: The kind of each text, in `0..<kindCount`; one text or more.
  ///   - kindCount: How many kinds there are.
  ///   - statistic: The figure, from the number of texts of each kind.
  public func interval(
    kinds: [Int32], kindCount: Int, statistic: ([Int]) -> Double
  ) -> ConfidenceInterval {
    precondition(!kinds.isEmpty, "no texts to draw from")
    var generator = SplitMix64(seed, UInt64(kinds.count), 0x62_6F_6F_74)  // "boot"
    var outcomes: [Double] = []
    outcomes.reserveCapacity(resamples)
    var counts = [Int](repeating: 0, count: kindCount)
    for _ in 0..<resamples {
      for kind in counts.indices { counts[kind] = 0 }
      for _ in kinds.indices { counts[Int(kinds[generator.number(below: kinds.count)])] += 1 }
      outcomes.append(statistic(counts))
    }
    outcomes.sort()
    let tail = (1 - level) / 2
    return ConfidenceInterval(
      lower: Self.quantile(tail, of: outcomes), upper: Self.quantile(1 - tail, of: outcomes),
      level: level)
  }

  /// With a straight line between neighbours, as `numpy.quantile`.
  private static func quantile(_ share: Double, of sorted: [Double]) -> Double {
    let place = share * Double(sorted.count - 1)
    let below = Int(place)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
  }
}
