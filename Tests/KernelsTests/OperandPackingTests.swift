import CKernels
import Foundation
import Testing

/// Operands of training's products, packed from matrices as they lie and from their transposes.
@Suite struct OperandPackingTests {
  struct Shape: CustomTestStringConvertible {
    let lines: Int, depth: Int
    var testDescription: String { "\(lines) by \(depth)" }
  }

  static let shapes = [
    (0, 32), (1, 1), (16, 32), (15, 31), (17, 33), (32, 64), (33, 2), (40, 70), (3, 100), (70, 96),
  ].map { Shape(lines: $0.0, depth: $0.1) }

  @Test(arguments: Table.available, shapes)
  func everyNumberGoesToItsPlace(_ table: Table, shape: Shape) {
    for (isLeft, transposed) in [(true, false), (true, true), (false, false), (false, true)] {
      let operand = Operand(
        shape, isLeft: isLeft, transposed: transposed, table: table,
        seed: UInt64(shape.lines * 100 + shape.depth))
      let packed = operand.packed()
      #expect(packed.isIntactBehind)
      let depthTiles = tiles(shape.depth, of: 32)
      var wrong = 0
      for line in 0..<operand.blocks * 16 {
        for k in 0..<depthTiles * 32 {
          let isThere = line < shape.lines && k < shape.depth
          let expected = Self.split(isThere ? operand[line, k] : 0)
          let tile = (line / 16 * depthTiles + k / 32) * 2 * tileNumbers
          let place =
            isLeft ? line % 16 * 32 + k % 32 : k % 32 / 2 * 32 + line % 16 * 2 + k % 2
          if packed[tile + place] != expected.high { wrong += 1 }
          if packed[tile + tileNumbers + place] != expected.low { wrong += 1 }
        }
      }
      #expect(wrong == 0, "\(isLeft ? "left" : "right"), \(transposed ? "transposed" : "as it is")")
    }
  }

  /// The high and the low piece, of two as near the larger one.
  static func split(_ x: Float) -> (high: Float, low: Float) {
    func nearest(_ x: Float) -> Float {
      guard x != 0 else { return 0 }
      let unit = Double(sign: .plus, exponent: max(Int(x.exponent), -126) - 7, significand: 1)
      return Float((Double(x) / unit).rounded(.toNearestOrAwayFromZero) * unit)
    }
    let high = nearest(x)
    return (high, nearest(x - high))
  }

  @Test(arguments: Table.available)
  func bothPiecesTogetherAreTheNumber(_ table: Table) {
    let numbers = PackingTests.numbers
    let packed = Tiles(count: tiles(numbers.count, of: 32) * 2 * tileNumbers)
    table.kernels.pack_left(numbers, numbers.count, false, 1, numbers.count, packed.numbers)
    for (i, x) in numbers.enumerated() {
      let place = i / 32 * 2 * tileNumbers + i % 32
      let sum = Double(packed[place]) + Double(packed[place + tileNumbers])
      #expect(abs(Double(x) - sum) <= abs(Double(x)) * 0x1p-17 + 0x1p-133, "\(x)")
    }
  }

  /// None may become a number, or a run that has diverged would not be seen.
  @Test(arguments: Table.available)
  func whatIsNotFiniteBecomesNotANumber(_ table: Table) {
    let numbers = [0x7FC0_0000, 0xFFC0_0000, 0x7F80_0001, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x7F80_0000]
      .map { Float(bitPattern: $0) }
    let packed = Tiles(count: 2 * tileNumbers)
    for transposed in [false, true] {
      let stride = transposed ? 1 : numbers.count
      table.kernels.pack_left(numbers, stride, transposed, 1, numbers.count, packed.numbers)
      for i in numbers.indices { #expect(packed[i].isNaN, "\(numbers[i].bitPattern)") }
    }
  }

  /// A product is X Wᵀ, dY W or dYᵀ X, by which of its operands are transposed.
  @Test(arguments: ProductTests.shapes)
  func productsOfAllShapes(_ shape: ProductTests.Shape) {
    for (leftTransposed, rightTransposed) in [(false, false), (false, true), (true, true)] {
      let left = Operand(
        Shape(lines: shape.rows, depth: shape.depth), isLeft: true, transposed: leftTransposed,
        table: Table.available[0], seed: 1)
      let right = Operand(
        Shape(lines: shape.columns, depth: shape.depth), isLeft: false, transposed: rightTransposed,
        table: Table.available[0], seed: 2)
      let (packedLeft, packedRight) = (left.packed(), right.packed())
      var sums: [(sum: Double, magnitude: Double)] = []
      for row in 0..<shape.rows {
        for column in 0..<shape.columns {
          var (sum, magnitude) = (0.0, 0.0)
          for k in 0..<shape.depth {
            let term = Double(left[row, k]) * Double(right[column, k])
            sum += term
            magnitude += term.magnitude
          }
          sums.append((sum, magnitude))
        }
      }
      // Of the pieces: low times low is left out, and each pair is within 2^-17 of its number. Of the
      // sums: a rounding error for each term, which mostly cancel.
      let unit = 3 * 0x1p-17 + 0x1p-23 * Double(shape.depth).squareRoot()
      for product in ProductKernel.available {
        for adds in [false, true] {
          let stride = shape.columns + 3
          let before = randomFloats(shape.rows * stride + 1, seed: 3)
          var output = before
          let scratch = UnsafeMutableRawPointer.allocate(
            byteCount: product.kernel.scratch_floats * 4, alignment: 64)
          defer { scratch.deallocate() }
          output.withUnsafeMutableBufferPointer { buffer in
            var job = c4b_product_job(
              input: packedLeft.numbers, weight: packedRight.numbers, input_pieces: 2,
              weight_pieces: 2, rows: shape.rows, depth_tiles: tiles(shape.depth, of: 32),
              columns: shape.columns, begin: 0, end: right.blocks, bias: nil,
              activation: C4B_ACTIVATION_LINEAR, output: buffer.baseAddress!,
              output_stride: stride, adds: adds, packed_output: nil,
              scratch: scratch.assumingMemoryBound(to: Float.self))
            product.kernel.multiply(&job)
          }
          var wrong = 0
          for place in output.indices {
            let (row, column) = (place / stride, place % stride)
            guard row < shape.rows, column < shape.columns else {
              if output[place] != before[place] { wrong += 1 }
              continue
            }
            let (sum, magnitude) = sums[row * shape.columns + column]
            let difference = Double(output[place]) - sum - (adds ? Double(before[place]) : 0)
            if !(difference.magnitude <= magnitude * unit + 1e-6) { wrong += 1 }
          }
          #expect(wrong == 0, "\(product.testDescription), adds: \(adds)")
        }
      }
    }
  }
}

/// An operand in memory that ends at a page that nobody may read.
private final class Operand {
  let shape: OperandPackingTests.Shape
  let blocks: Int
  private let isLeft: Bool
  private let transposed: Bool
  private let table: Table
  private let stride: Int
  private let numbers: UnsafeMutablePointer<Float>
  private let pages: UnsafeMutableRawPointer
  private let byteCount: Int

  init(
    _ shape: OperandPackingTests.Shape, isLeft: Bool, transposed: Bool, table: Table, seed: UInt64
  ) {
    self.shape = shape
    self.isLeft = isLeft
    self.transposed = transposed
    self.table = table
    blocks = isLeft ? tiles(shape.lines, of: 16) : 2 * tiles(shape.lines, of: 32)
    let (rows, columns) =
      transposed ? (shape.depth, shape.lines) : (shape.lines, shape.depth)
    stride = columns + 5
    let count = rows == 0 || columns == 0 ? 0 : (rows - 1) * stride + columns
    let page = Int(getpagesize())
    byteCount = (count * 4 + page - 1) / page * page + page
    pages = mmap(
      nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)!
    let end = pages + byteCount - page
    mprotect(end, page, PROT_NONE)
    numbers = (end - count * 4).assumingMemoryBound(to: Float.self)
    // What lies between the rows would show.
    for (i, x) in randomFloats(count, scale: 1, seed: seed).enumerated() {
      numbers[i] = i % stride < columns ? x : .nan
    }
  }

  deinit { munmap(pages, byteCount) }

  subscript(line: Int, k: Int) -> Float {
    transposed ? numbers[k * stride + line] : numbers[line * stride + k]
  }

  func packed() -> Tiles {
    let result = Tiles(count: blocks * tiles(shape.depth, of: 32) * 2 * tileNumbers)
    let pack = isLeft ? table.kernels.pack_left : table.kernels.pack_right
    pack(numbers, stride, transposed, shape.lines, shape.depth, result.numbers)
    return result
  }
}
