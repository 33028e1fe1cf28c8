extension Double {
  /// With so many digits behind the point, as tables have them: 0.5 as 0.5000.
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
}
