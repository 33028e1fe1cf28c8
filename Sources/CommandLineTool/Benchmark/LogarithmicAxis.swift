#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// An axis on which equal distances are equal ratios, for values that differ by far.
struct LogarithmicAxis {
  /// Where it begins and ends: round numbers, apart by a ratio of two at least.
  let least: Double
  let most: Double
  private let start: Double
  private let length: Double

  /// - Parameters:
  ///   - values: What it must show, all above 0; one or more.
  ///   - start: Where it begins in the drawing.
  ///   - length: Negative for an axis that goes up.
  init(_ values: [Double], start: Double, length: Double) {
    let (least, most) = (values.min() ?? 1, values.max() ?? 1)
    self.least = Self.round(least * 0.9).below
    self.most = Self.round(max(most * 1.1, self.least * 2)).above
    self.start = start
    self.length = length
  }

  func place(_ value: Double) -> Double {
    start + log(value / least) / log(most / least) * length
  }

  /// 1, 2 and 5 times powers of ten; of many only the powers.
  var ticks: [Double] {
    let all = Self.rounds(from: least, through: most)
    return all.count <= 8 ? all : all.filter(Self.isPower)
  }

  /// Where a mark without a number stands: each of 1 to 9 times powers of ten. Their narrowing shows
  /// that the axis is a logarithmic one.
  var marks: [Double] {
    let first = Int(log10(least).rounded(.down))
    let last = Int(log10(most).rounded(.up))
    var values: [Double] = []
    for power in first...last {
      for step in 1...9 { values.append(Double(step) * pow(10, Double(power))) }
    }
    return values.filter { $0 >= least * (1 - 1e-9) && $0 <= most * (1 + 1e-9) }
  }

  private static func isPower(_ value: Double) -> Bool {
    abs(log10(value).rounded() - log10(value)) < 1e-9
  }

  private static func rounds(from least: Double, through most: Double) -> [Double] {
    let first = Int(log10(least).rounded(.down))
    let last = Int(log10(most).rounded(.up))
    var values: [Double] = []
    for power in first...last {
      for step in [1.0, 2, 5] { values.append(step * pow(10, Double(power))) }
    }
    return values.filter { $0 >= least * (1 - 1e-9) && $0 <= most * (1 + 1e-9) }
  }

  /// The round numbers next to a value.
  private static func round(_ value: Double) -> (below: Double, above: Double) {
    let power = pow(10, log10(value).rounded(.down))
    let steps = [1, 2, 5, 10].map { $0 * power }
    return (
      steps.last { $0 <= value * (1 + 1e-9) } ?? power,
      steps.first { $0 >= value * (1 - 1e-9) } ?? 10 * power
    )
  }

  /// A tick as a person writes it.
  static func label(_ value: Double) -> String {
    if value >= 1_000_000 { return "\((value / 1e6).fixed(0))M" }
    if value >= 1000 { return "\((value / 1000).fixed(0))k" }
    return value >= 1 ? value.fixed(0) : value.fixed(value >= 0.1 ? 1 : value >= 0.01 ? 2 : 3)
  }
}
