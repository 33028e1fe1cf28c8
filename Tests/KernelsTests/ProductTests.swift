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

  var values: [UInt16] { Array(UnsafeBufferPointer(start: numbers, count: count)) }

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
    Shape(rows: 66, depth: 520, columns: 33),
    Shape(rows: 290, depth: 3, columns: 20),
    Shape(rows: 512, depth: 40, columns: 18),
  ]

  static let pieces = [(input: 1, weight: 1), (input: 2, weight: 1), (input: 2, weight: 2)]

  /// A number's high and low piece, as the kernels are to see them.
  static func split(_ x: Float, pieces: Int) -> [Float] {
    let high = BFloat16.nearest(x)
    return pieces == 1 ? [high] : [high, BFloat16.nearest(x - high)]
  }

  @Test(arguments: shapes)
  func equalsTheSumsInDoublePrecision(_ shape: Shape) {
    for (index, pieces) in Self.pieces.enumerated() {
      let seed = UInt64(index)
      let stride = shape.depth + 3
      let input = randomFloats(shape.rows * stride + 1, seed: seed)
      let weight = randomFloats(shape.columns * shape.depth, seed: seed + 10)
      let bias = index == 1 ? randomFloats(shape.columns, seed: seed + 20) : nil
      let x = (0..<shape.rows).map { row in
        Self.pieces(of: input[row * stride..<row * stride + shape.depth], count: pieces.input)
      }
      let w = (0..<shape.columns).map { column in
        let start = column * shape.depth
        return Self.pieces(of: weight[start..<start + shape.depth], count: pieces.weight)
      }
      let sums = x.map { x in w.map { Self.sum(x, $0) } }
      // A rounding error for each term, which mostly cancel.
      let unit = 0x1p-23 * Double(shape.depth).squareRoot()
      for product in ProductKernel.available {
        let result = Product(
          product, input: input, stride: stride, weight: weight, bias: bias,
          activation: index == 2 ? C4B_ACTIVATION_RELU : C4B_ACTIVATION_LINEAR, shape: shape,
          pieces: pieces
        ).floats(share: index == 2 ? 2 : nil)
        for row in 0..<shape.rows {
          for column in 0..<shape.columns {
            let (sum, magnitude) = sums[row][column]
            var expected = sum + Double(bias?[column] ?? 0)
            if index == 2 { expected = max(expected, 0) }
            let difference = abs(Double(result[row][column]) - expected)
            if !(difference <= magnitude * unit + 1e-7) {
              Issue.record("\(product.testDescription): row \(row), column \(column)")
            }
          }
        }
      }
    }
  }

  /// The high pieces, and the low ones.
  private static func pieces(of numbers: ArraySlice<Float>, count: Int) -> [[Double]] {
    let split = numbers.map { Self.split($0, pieces: count) }
    return (0..<count).map { piece in split.map { Double($0[piece]) } }
  }

  /// High times high, high times low and low times high; and the sum without signs.
  private static func sum(_ x: [[Double]], _ w: [[Double]]) -> (Double, Double) {
    var sum = 0.0
    var magnitude = 0.0
    for (i, x) in x.enumerated() {
      for w in w.prefix(2 - i) {
        x.withUnsafeBufferPointer { x in
          w.withUnsafeBufferPointer { w in
            var k = 0
            while k < x.count {
              let term = x[k] * w[k]
              sum += term
              magnitude += term.magnitude
              k += 1
            }
          }
        }
      }
    }
    return (sum, magnitude)
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

  /// GELU is a coarser one where its result is rounded to bfloat16, and not where two pieces keep it.
  @Test(arguments: ProductKernel.available)
  func packedGELUIsAsExactAsItsNumbers(_ product: ProductKernel) {
    let shape = Shape(rows: 200, depth: 2, columns: 40)
    let input = (0..<shape.rows * shape.depth).map { Float($0 - 200) / 40 }
    let weight = randomFloats(shape.columns * shape.depth, seed: 2)
    let bias = randomFloats(shape.columns, seed: 3)
    for pieces in Self.pieces {
      let before = Product(
        product, input: input, stride: shape.depth, weight: weight, bias: bias,
        activation: C4B_ACTIVATION_LINEAR, shape: shape, pieces: pieces
      ).floats(share: nil)
      let packed = Product(
        product, input: input, stride: shape.depth, weight: weight, bias: bias,
        activation: C4B_ACTIVATION_GELU, shape: shape, pieces: pieces
      ).packed()
      var largest = (coarse: 0.0, rounded: 0.0)
      for row in 0..<shape.rows {
        for column in 0..<shape.columns {
          let x = Double(before[row][column])
          let expected = ActivationTests.reference(C4B_ACTIVATION_GELU, x)
          let tile = (row / 16 * tiles(shape.columns, of: 32) + column / 32) * pieces.input
          let first = tile * tileNumbers + row % 16 * 32 + column % 32
          let number = (0..<pieces.input).reduce(0.0) {
            $0 + Double(packed[first + $1 * tileNumbers])
          }
          let rounding = expected.magnitude * (pieces.input == 1 ? 0x1p-8 : 0x1p-16)
          largest.coarse = max(largest.coarse, (number - expected).magnitude - rounding)
          largest.rounded = max(largest.rounded, (number - expected).magnitude)
        }
      }
      #expect(largest.coarse <= (pieces.input == 1 ? 6e-5 : 2e-6))
      #expect(largest.rounded > 0)
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

  #if arch(x86_64)
    /// The instructions that the compiler made of the AMX kernel, on a processor that has them or by
    /// traps, against its emulation: not a bit may differ.
    @Test(.enabled(if: TileInstructions.canRun), arguments: shapes)
    func theAMXKernelDoesWhatItsEmulationDoes(_ shape: Shape) throws {
      let amx = ProductKernel(kernel: c4b_product_amx_bf16)
      let emulated = try #require(
        ProductKernel.available.first { $0.testDescription == "amx_emulated" })
      for pieces in Self.pieces {
        let product = { (kernel: ProductKernel) in
          Product(
            kernel, input: randomFloats(shape.rows * shape.depth + 1, seed: 1), stride: shape.depth,
            weight: randomFloats(shape.columns * shape.depth, seed: 2), bias: nil,
            activation: C4B_ACTIVATION_LINEAR, shape: shape, pieces: pieces)
        }
        var floats: [[Float]] = []
        var packed: [UInt16] = []
        let count = TileInstructions.run {
          let job = product(amx)
          floats = job.floats(share: 2)
          packed = job.packed().values
        }
        #expect((count > 0) == (c4b_amx_obstacle() != nil))
        let job = product(emulated)
        #expect(floats == job.floats(share: nil))
        #expect(packed == job.packed().values)
      }
    }
  #endif
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
        output_stride: stride, adds: false, packed_output: packed?.numbers,
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
