/// A number with a decimal point, digits and nothing else: rounded to the nearest, as `Double.init` does, but
/// without a string.
struct DecimalNumber {
  let value: Double

  /// 10 to 0 up to 19, all that is less than 2^64.
  private static let powers: [UInt64] = (0..<20).map { exponent in
    (0..<exponent).reduce(1) { power, _ in power * 10 }
  }

  /// Reads the number at `position`, and moves behind it.
  ///
  /// - Returns: Nil, with `position` as before, for what has an exponent, no point, or too many digits.
  init?(_ bytes: [UInt8], _ position: inout Int) {
    var place = position
    let isNegative = place < bytes.count && bytes[place] == UInt8(ascii: "-")
    if isNegative { place += 1 }
    let first = place
    var digits: UInt64 = 0
    var point: Int?
    while place < bytes.count {
      let digit = bytes[place] &- 0x30
      if digit < 10 {
        let (tens, overflows) = digits.multipliedReportingOverflow(by: 10)
        let (sum, carries) = tens.addingReportingOverflow(UInt64(digit))
        guard !overflows, !carries else { return nil }
        digits = sum
      } else if bytes[place] == UInt8(ascii: "."), point == nil {
        point = place
      } else {
        break
      }
      place += 1
    }
    guard let point, point > first, place - point - 1 > 0, place - point - 1 < 20,
      bytes[first] != UInt8(ascii: "0") || point == first + 1,
      place == bytes.count || bytes[place] | 0x20 != UInt8(ascii: "e")
    else { return nil }
    let magnitude = Self.quotient(digits, Self.powers[place - point - 1])
    value = isNegative ? -magnitude : magnitude
    position = place
  }

  /// The exact quotient, rounded to the nearest, to the even one of two.
  private static func quotient(_ dividend: UInt64, _ divisor: UInt64) -> Double {
    guard dividend != 0 else { return 0 }
    // With their highest bits in place, the quotient has 64 or 65 bits: more than a double, and what is left
    // over tells ties apart.
    let shift = dividend.leadingZeroBitCount
    let scale = divisor.leadingZeroBitCount
    let high = (dividend << UInt64(shift)) >> 1
    let low = (dividend << UInt64(shift)) << 63
    let (quotient, remainder) = (divisor << UInt64(scale)).dividingFullWidth((high, low))
    // 63 or 64 bits: one more at the end for what is left over, after room is made for it.
    let sticky = quotient | (remainder == 0 ? 0 : 1)
    return scaled(sticky, scale - shift - 63)
  }

  private static func scaled(_ integer: UInt64, _ exponent: Int) -> Double {
    // The least bit lies below what is rounded, so that it only says whether there is more.
    Double(integer) * Double(sign: .plus, exponent: exponent, significand: 1)
  }
}
