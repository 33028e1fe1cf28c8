/// Measurements of one thing, again and again.
struct Samples: Sendable, Equatable {
  let values: [Double]
  private let sorted: [Double]

  /// - Parameter values: In the order in which they were taken; one or more.
  init(_ values: [Double]) {
    precondition(!values.isEmpty, "one measurement at least")
    self.values = values
    sorted = values.sorted()
  }

  var least: Double { sorted[0] }
  var most: Double { sorted[sorted.count - 1] }
  var median: Double { percentile(50) }

  /// Below which so many of a hundred lie, with a straight line between neighbours: `numpy.percentile`.
  func percentile(_ percent: Double) -> Double {
    let place = percent / 100 * Double(sorted.count - 1)
    let below = Int(place)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
  }

  /// From the least to the most, as a share of the median.
  var spread: Double { (most - least) / median }

  /// The median of each value over the one taken at the same time. A machine that slows down for a
  /// while slows both, which their medians would not show.
  func medianRatio(to others: Samples) -> Double {
    Samples(zip(values, others.values).map { $0 / $1 }).median
  }
}
