import CKernels
import Foundation
import Testing

@Suite struct PackingTests {
  /// Random bits, so every exponent, and the numbers at the edges of rounding.
  static let numbers: [Float] =
    randomFloats(4000, scale: 3, seed: 1)
    + (0..<4000).map { Float(bitPattern: UInt32(truncatingIfNeeded: $0 &* 2_654_435_761)) }
    .filter { $0.isFinite && abs($0) < 3e38 }
    + [0x3F80_8000, 0x3F81_8000, 0x3F80_7FFF, 0x3F80_8001, 0x3FFF_8000, 0xBF80_8000, 0, 1 << 31]
    .map { Float(bitPattern: $0) }

  @Test(arguments: Table.available)
  func roundsToTheNearestAndSplitsTheRest(_ table: Table) {
    let count = Self.numbers.count
    let columnTiles = tiles(count, of: 32)
    let out = Tiles(count: columnTiles * 2 * tileNumbers)
    table.kernels.pack_rows(Self.numbers, count, 1, count, 2, out.numbers)
    #expect(out.isIntactBehind)
    for (i, x) in Self.numbers.enumerated() {
      let place = i / 32 * 2 * tileNumbers + i % 32
      let (high, low) = (out[place], out[place + tileNumbers])
      #expect(high == BFloat16.nearest(x), "\(x)")
      #expect(low == BFloat16.nearest(x - high), "\(x)")
      // 8 bits each, and one more for the sign of the low piece.
      #expect(
        abs(Double(x) - Double(high) - Double(low)) <= abs(Double(x)) * 0x1p-17 + 0x1p-133, "\(x)")
    }
    for row in 1..<16 {
      for k in 0..<columnTiles * 2 {
        for i in 0..<32 where out.numbers[k * tileNumbers + row * 32 + i] != 0 {
          Issue.record("row \(row) is not there, and not 0")
        }
      }
    }
  }

  @Test(arguments: Table.available)
  func specialNumbersKeepTheirKind(_ table: Table) {
    let numbers: [Float] = [.nan, .infinity, -.infinity, Float(bitPattern: 0x7F80_0001), -.nan]
    let out = Tiles(count: 2 * tileNumbers)
    table.kernels.pack_rows(numbers, numbers.count, 1, numbers.count, 2, out.numbers)
    for (i, x) in numbers.enumerated() {
      #expect(x.isNaN ? out[i].isNaN : out[i] == x)
      #expect(out[tileNumbers + i] == 0 || x.isNaN)
    }
  }

  /// Where each weight goes, by the words of products.h.
  @Test(arguments: Table.available, [1, 2])
  func weightsGoToTheirPlaces(_ table: Table, pieces: Int) {
    for (outputs, inputs) in [(1, 1), (16, 32), (17, 33), (40, 70)] {
      let blocks = 2 * tiles(outputs, of: 32)
      let depthTiles = tiles(inputs, of: 32)
      let single = randomFloats(outputs * inputs, seed: 3)
      let half = single.map { UInt16($0.bitPattern >> 16) }
      for element in [C4B_FLOAT32, C4B_BFLOAT16, C4B_FLOAT16] {
        let out = Tiles(count: blocks * depthTiles * pieces * tileNumbers)
        var values = single
        // In two shares, as two threads pack them; the halves from an odd address.
        for range in [0..<1, 1..<blocks] {
          if element == C4B_FLOAT32 {
            table.kernels.pack_weight(
              element, single, outputs, inputs, Int32(pieces), range.lowerBound, range.upperBound,
              out.numbers)
          } else {
            let bytes: [UInt8] = [0] + half.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
            bytes.withUnsafeBytes { source in
              table.kernels.pack_weight(
                element, source.baseAddress! + 1, outputs, inputs, Int32(pieces), range.lowerBound,
                range.upperBound, out.numbers)
            }
            table.kernels.widen(element, half, &values, values.count)
          }
        }
        #expect(out.isIntactBehind)
        var wrong = 0
        for output in 0..<blocks * 16 {
          for input in 0..<depthTiles * 32 {
            let isThere = output < outputs && input < inputs
            let x = isThere ? values[output * inputs + input] : 0
            let tile = (output / 16 * depthTiles + input / 32) * pieces * tileNumbers
            let place = tile + input % 32 / 2 * 32 + output % 16 * 2 + input % 2
            let expected = ProductTests.split(x, pieces: pieces)
            for piece in 0..<pieces where out[place + piece * tileNumbers] != expected[piece] {
              wrong += 1
            }
          }
        }
        #expect(wrong == 0, "\(outputs) by \(inputs), \(element)")
      }
    }
  }
}
