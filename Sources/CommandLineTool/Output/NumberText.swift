// Numbers as a person reads them, in tables, pages and progress lines. Programs get all digits.

extension Double {
  /// With so many digits behind the point: 0.5 as 0.5000.
  func fixed(_ digits: Int) -> String {
    let scale = (0..<digits).reduce(1) { product, _ in product * 10 }
    let scaled = (magnitude * Double(scale)).rounded()
    // Past this a table has no use for the digits, and an Int no room.
    guard scaled < 1e15 else { return description }
    let (whole, fraction) = Int(scaled).quotientAndRemainder(dividingBy: scale)
    let sign = self < 0 && scaled > 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(whole)" }
    let padding = String(repeating: "0", count: digits - "\(fraction)".count)
    return "\(sign)\(whole).\(padding)\(fraction)"
  }

  /// A share as a percentage: 0.125 as 13 %, or with one digit as 12.5 %.
  func percent(_ digits: Int = 0) -> String { "\((self * 100).fixed(digits)) %" }

  /// A difference with its sign: 0.5 as +0.5000.
  func signed(_ digits: Int) -> String {
    let text = fixed(digits)
    return self > 0 && text.contains { "123456789".contains($0) } ? "+\(text)" : text
  }

  /// With a few significant digits: 0.316 for the third of a decade's root.
  func significant(_ digits: Int) -> String {
    var scale = 1.0
    let limit = (0..<digits).reduce(1.0) { product, _ in product * 10 }
    while self * scale < limit / 10, scale < 1e12 { scale *= 10 }
    let rounded = (self * scale).rounded() / scale
    return rounded == rounded.rounded() && rounded < 1e15 ? "\(Int(rounded))" : "\(rounded)"
  }
}

extension Int {
  /// 1234567 as 1,234,567.
  var grouped: String {
    var digits = Array(String(self))
    var index = digits.count - 3
    while index > 0 {
      digits.insert(",", at: index)
      index -= 3
    }
    return String(digits)
  }

  /// Where there is little room: 1234567 as 1.2M.
  var abbreviated: String {
    switch self {
    case ..<1000: "\(self)"
    case ..<10_000: "\((Double(self) / 1000).fixed(1))k"
    case ..<1_000_000: "\(self / 1000)k"
    default: "\((Double(self) / 1e6).fixed(1))M"
    }
  }

  /// Bytes in units of 1,000,000 with one decimal: 1234567890 as 1,234.6 MB.
  var megabytes: String {
    let tenths = (self + 50_000) / 100_000
    return "\((tenths / 10).grouped).\(tenths % 10) MB"
  }
}
