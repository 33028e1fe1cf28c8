import CKernels
import Foundation
import Testing

/// A kernel of products, named for test reports.
struct ProductKernel: CustomTestStringConvertible, @unchecked Sendable {
  let kernel: c4b_product_kernel

  var testDescription: String { String(cString: kernel.name) }

  /// Every kernel that this processor runs, the emulation of AMX included.
  static let available: [ProductKernel] = {
    var kernels = [UnsafePointer<c4b_product_kernel>](
      repeating: c4b_product_kernel_selected(), count: 8)
    let count = c4b_product_kernels_available(&kernels, kernels.count)
    return kernels[..<count].map { ProductKernel(kernel: $0.pointee) }
  }()
}

/// Memory on a 64-byte boundary with guard numbers behind it.
final class Tiles {
  let count: Int
  let numbers: UnsafeMutablePointer<UInt16>

  static let guardNumber: UInt16 = 0x5A5A
  private static let margin = 64

  init(count: Int) {
    self.count = count
    let bytes = (count + Self.margin) * 2
    numbers = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
      .assumingMemoryBound(to: UInt16.self)
    numbers.initialize(repeating: Self.guardNumber, count: count + Self.margin)
  }

  deinit { numbers.deallocate() }

  var isIntactBehind: Bool {
    (count..<count + Self.margin).allSatisfy { numbers[$0] == Self.guardNumber }
  }

  subscript(index: Int) -> Float { Float(bitPattern: UInt32(numbers[index]) << 16) }
}

/// The number of tiles that `count` of something fill, `size` each.
func tiles(_ count: Int, of size: Int) -> Int { (count + size - 1) / size }

let tileNumbers = 512

@Suite struct ProductTests {
  struct Shape: CustomTestStringConvertible {
    let rows: Int, depth: Int, columns: Int
    var testDescription: String { "\(rows) rows of \(depth) to \(columns)" }
  }

  static let shapes = [
    Shape(rows: 0, depth: 32, columns: 16),
    Shape(rows: 1, depth: 1, columns: 1),
    Shape(rows: 1, depth: 768, columns: 3),
    Shape(rows: 2, depth: 33, columns: 17),
    Shape(rows: 4, depth: 31, columns: 47),
    Shape(rows: 5, depth: 64, columns: 64),
    Shape(rows: 8, depth: 100, columns: 31),
    Shape(rows: 15, depth: 32, columns: 16),
    Shape(rows: 16, depth: 65, columns: 33),
    Shape(rows: 17, depth: 96, columns: 96),
    Shape(rows: 33, depth: 7, columns: 130),
    Shape(rows: 70, depth: 1100, columns: 40),
    Shape(rows: 300, depth: 48, columns: 20),
    Shape(rows: 512, depth: 40, columns: 50),
  ]

  static let pieces = [(input: 1, weight: 1), (input: 2, weight: 1), (input: 2, weight: 2)]

  /// A number's high and low piece, as the kernels are to see them.
  static func split(_ x: Float, pieces: Int) -> [Float] {
    let high = BFloat16.nearest(x)
    return pieces == 1 ? [high] : [high, BFloat16.nearest(x - high)]
  }

  @Test(arguments: ProductKernel.available, shapes)
  func equalsTheSumsInDoublePrecision(_ product: ProductKernel, shape: Shape) {
    for (index, pieces) in Self.pieces.enumerated() {
      let seed = UInt64(index)
      let inputStride = shape.depth + 3
      let input = randomFloats(shape.rows * inputStride + 1, seed: seed)
      let weight = randomFloats(shape.columns * shape.depth, seed: seed + 10)
      let bias = randomFloats(shape.columns, seed: seed + 20)
      let result = Product(
        product, input: input, stride: inputStride, weight: weight, bias: index == 1 ? bias : nil,
        activation: index == 2 ? C4B_ACTIVATION_RELU : C4B_ACTIVATION_LINEAR, shape: shape,
        pieces: pieces
      ).floats(share: index == 2 ? 2 : nil)

      let x = (0..<shape.rows).map { row in
        (0..<shape.depth).map { Self.split(input[row * inputStride + $0], pieces: pieces.input) }
      }
      for column in 0..<shape.columns {
        let w = (0..<shape.depth).map {
          Self.split(weight[column * shape.depth + $0], pieces: pieces.weight)
        }
        for row in 0..<shape.rows {
          var sum = index == 1 ? Double(bias[column]) : 0
          var magnitude = abs(sum)
          for (a, b) in zip(x[row], w) {
            for (i, a) in a.enumerated() {
              for (j, b) in b.enumerated() where i + j < 2 {
                sum += Double(a) * Double(b)
                magnitude += abs(Double(a) * Double(b))
              }
            }
          }
          if index == 2 { sum = max(sum, 0) }
          let tolerance = magnitude * 0x1p-23 * Double(shape.depth).squareRoot() + 1e-7
          #expect(abs(Double(result[row][column]) - sum) <= tolerance)
        }
      }
    }
  }

  /// Two linear layers, with what is between them never in single precision.
  @Test(arguments: ProductKernel.available)
  func packedResultsAreInputsOfTheNextProduct(_ product: ProductKernel) {
    let first = Shape(rows: 21, depth: 40, columns: 50)
    let second = Shape(rows: 21, depth: 50, columns: 19)
    let input = randomFloats(first.rows * first.depth, seed: 1)
    let weights = [
      randomFloats(first.columns * first.depth, seed: 2),
      randomFloats(second.columns * second.depth, seed: 3),
    ]
    let bias = randomFloats(first.columns, seed: 4)
    for pieces in Self.pieces {
      // The sigmoid of 0 is not 0: what fills up the last tile must be all the same.
      let job = Product(
        product, input: input, stride: first.depth, weight: weights[0], bias: bias,
        activation: C4B_ACTIVATION_SIGMOID, shape: first, pieces: pieces)
      let middle = job.floats(share: nil)
      let fused = Product(
        product, tiles: job.packed(), weight: weights[1], bias: nil,
        activation: C4B_ACTIVATION_LINEAR, shape: second, pieces: pieces
      ).floats(share: nil)
      let apart = Product(
        product, input: middle.flatMap { $0 }, stride: second.depth, weight: weights[1], bias: nil,
        activation: C4B_ACTIVATION_LINEAR, shape: second, pieces: pieces
      ).floats(share: nil)
      #expect(fused == apart)
    }
  }

  @Test(arguments: ProductKernel.available)
  func notANumberStaysInItsRow(_ product: ProductKernel) {
    let shape = Shape(rows: 3, depth: 5, columns: 4)
    for special in [Float.nan, .infinity] {
      var input = randomFloats(shape.rows * shape.depth, seed: 1)
      input[7] = special
      for pieces in Self.pieces {
        let result = Product(
          product, input: input, stride: shape.depth,
          weight: randomFloats(shape.columns * shape.depth, seed: 2), bias: nil,
          activation: C4B_ACTIVATION_LINEAR, shape: shape, pieces: pieces
        ).floats(share: nil)
        for (row, values) in result.enumerated() {
          #expect(values.allSatisfy { $0.isFinite == (row != 1) }, "\(special), row \(row)")
        }
      }
    }
  }
}

/// bfloat16 by its definition.
enum BFloat16 {
  /// The nearest number with 8 significant bits, of two the even one.
  static func nearest(_ x: Float) -> Float {
    guard x.isFinite, x != 0 else { return x }
    let unit = Double(sign: .plus, exponent: max(Int(x.exponent), -126) - 7, significand: 1)
    return Float((Double(x) / unit).rounded(.toNearestOrEven) * unit)
  }
}

/// A product with everything that it works on, all of it in memory with guards.
struct Product {
  private let kernel: c4b_product_kernel
  private let shape: ProductTests.Shape
  private let pieces: (input: Int, weight: Int)
  private let activation: c4b_activation
  private let bias: [Float]?
  private let input: Tiles
  private let weight: Tiles

  init(
    _ product: ProductKernel, input: [Float], stride: Int, weight: [Float], bias: [Float]?,
    activation: c4b_activation, shape: ProductTests.Shape, pieces: (input: Int, weight: Int)
  ) {
    let depthTiles = tiles(shape.depth, of: 32)
    let packed = Tiles(count: tiles(shape.rows, of: 16) * depthTiles * pieces.input * tileNumbers)
    Table.available[0].kernels.pack_rows(
      input, stride, shape.rows, shape.depth, Int32(pieces.input), packed.numbers)
    #expect(packed.isIntactBehind)
    self.init(
      product, tiles: packed, weight: weight, bias: bias, activation: activation, shape: shape,
      pieces: pieces)
  }

  init(
    _ product: ProductKernel, tiles packed: Tiles, weight: [Float], bias: [Float]?,
    activation: c4b_activation, shape: ProductTests.Shape, pieces: (input: Int, weight: Int)
  ) {
    kernel = product.kernel
    self.shape = shape
    self.pieces = pieces
    self.activation = activation
    self.bias = bias
    input = packed
    let blocks = 2 * tiles(shape.columns, of: 32)
    self.weight = Tiles(
      count: blocks * tiles(shape.depth, of: 32) * pieces.weight * tileNumbers)
    Table.available[0].kernels.pack_weight(
      C4B_FLOAT32, weight, shape.columns, shape.depth, Int32(pieces.weight), 0, blocks,
      self.weight.numbers)
    #expect(self.weight.isIntactBehind)
  }

  private func run(
    _ blocks: Range<Int>, output: UnsafeMutablePointer<Float>?, stride: Int, packed: Tiles?
  ) {
    let scratch = UnsafeMutableRawPointer.allocate(
      byteCount: kernel.scratch_floats * 4, alignment: 64)
    defer { scratch.deallocate() }
    func multiply(_ bias: UnsafePointer<Float>?) {
      var job = c4b_product_job(
        input: input.numbers, weight: weight.numbers, input_pieces: Int32(pieces.input),
        weight_pieces: Int32(pieces.weight), rows: shape.rows,
        depth_tiles: tiles(shape.depth, of: 32), columns: shape.columns, begin: blocks.lowerBound,
        end: blocks.upperBound, bias: bias, activation: activation, output: output,
        output_stride: stride, packed_output: packed?.numbers,
        scratch: scratch.assumingMemoryBound(to: Float.self))
      kernel.multiply(&job)
    }
    if let bias { bias.withUnsafeBufferPointer { multiply($0.baseAddress) } } else { multiply(nil) }
  }

  /// - Parameter share: Tile rows at a time, as threads share them; nil for all at once.
  func floats(share: Int?) -> [[Float]] {
    let stride = shape.columns + 5
    var output = [Float](repeating: guardValue, count: shape.rows * stride + 1)
    let blocks = 2 * tiles(shape.columns, of: 32)
    output.withUnsafeMutableBufferPointer { buffer in
      let share = share ?? blocks
      for begin in Swift.stride(from: 0, to: blocks, by: share) {
        run(
          begin..<min(begin + share, blocks), output: buffer.baseAddress!, stride: stride,
          packed: nil)
      }
    }
    for row in 0..<shape.rows {
      for i in shape.columns..<stride { #expect(output[row * stride + i] == guardValue) }
    }
    #expect(output.last == guardValue)
    return (0..<shape.rows).map { Array(output[$0 * stride..<$0 * stride + shape.columns]) }
  }

  func packed() -> Tiles {
    let result = Tiles(
      count: tiles(shape.rows, of: 16) * tiles(shape.columns, of: 32) * pieces.input * tileNumbers)
    run(0..<2 * tiles(shape.columns, of: 32), output: nil, stride: 0, packed: result)
    #expect(result.isIntactBehind)
    return result
  }
}
