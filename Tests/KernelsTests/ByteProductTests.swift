import CKernels
import Foundation
import Testing

/// A kernel of products of bytes, named for test reports.
struct ByteKernel: CustomTestStringConvertible, @unchecked Sendable {
  let kernel: c4b_byte_kernel

  var testDescription: String { String(cString: kernel.name) }

  /// Every kernel that this processor runs, the emulation of AMX included.
  static let available: [ByteKernel] = {
    var kernels = [UnsafePointer<c4b_byte_kernel>](
      repeating: c4b_byte_kernel_selected(), count: 8)
    let count = c4b_byte_kernels_available(&kernels, kernels.count)
    return kernels[..<count].map { ByteKernel(kernel: $0.pointee) }
  }()
}

@Suite struct ByteProductTests {
  struct Shape: CustomTestStringConvertible {
    let rows: Int, depth: Int, columns: Int
    var testDescription: String { "\(rows) rows of \(depth) to \(columns)" }
  }

  static let shapes =
    (1...9).map { Shape(rows: $0, depth: 64, columns: 64) } + [
      Shape(rows: 0, depth: 64, columns: 64),
      Shape(rows: 1, depth: 1, columns: 1),
      Shape(rows: 2, depth: 63, columns: 65),
      Shape(rows: 15, depth: 65, columns: 15),
      Shape(rows: 16, depth: 130, columns: 129),
      Shape(rows: 17, depth: 7, columns: 200),
      Shape(rows: 33, depth: 520, columns: 70),
      // More rows than a chunk has.
      Shape(rows: 69, depth: 4100, columns: 3),
    ]

  @Test(arguments: shapes)
  func everyKernelGivesTheExactSums(_ shape: Shape) {
    let rows = ByteRows(
      randomBytes(shape.rows * shape.depth, seed: 1), rows: shape.rows, columns: shape.depth)
    let weight = ByteWeight(
      randomBytes(shape.columns * shape.depth, seed: 2).map { Int8(max(-127, Int($0) - 128)) },
      outputs: shape.columns, inputs: shape.depth)
    let expected = (0..<shape.rows).map { row in
      (0..<shape.columns).map { column in
        // Zero point 0 and steps of 1: the sum itself, as the nearest number.
        Float(exactSum(rows.row(row), weight.row(column)))
      }
    }
    for kernel in ByteKernel.available {
      for share in [nil, 1] {
        #expect(weight.product(of: rows, by: kernel, share: share) == expected, "\(kernel)")
      }
    }
  }

  /// What saturates in products of 16 bits, and what comes nearest to 32.
  @Test(arguments: [64, 4096, Int(C4B_BYTE_LIMIT)], [127, -127])
  func theLargestSumsAreExact(_ depth: Int, _ byte: Int) {
    let rows = ByteRows([UInt8](repeating: 255, count: 2 * depth), rows: 2, columns: depth)
    let weight = ByteWeight(
      [Int8](repeating: Int8(byte), count: 3 * depth), outputs: 3, inputs: depth)
    for kernel in ByteKernel.available where depth < 65536 || kernel.kernel.speed > 0 {
      let sums = weight.product(of: rows, by: kernel, share: nil)
      #expect(
        sums
          == [[Float]](repeating: [Float](repeating: Float(255 * byte * depth), count: 3), count: 2)
      )
    }
  }

  @Test(arguments: Table.available)
  func rowsAreNearTheirNumbers(_ table: Table) {
    for columns in [1, 5, 63, 64, 65, 384, 1000] {
      var values = (0..<8).map { randomFloats(columns, scale: 3, seed: UInt64($0)) }
      values[1] = [Float](repeating: 0, count: columns)
      values[2] = values[2].map(abs)
      values[3] = values[3].map { -abs($0) }
      // One that leaves the others no digits.
      values[4][columns / 2] = 1e6
      values[5] = values[5].map { $0 * 1e-36 }
      values[6] = values[6].map { $0 * 1e30 }
      values[7] = [Float](repeating: 2.5, count: columns)
      let rows = ByteRows(values, table: table)
      for (row, values) in values.enumerated() {
        let scale = rows.scales[row]
        let range = Double(max(0, values.max()!)) - Double(min(0, values.min()!))
        #expect(abs(Double(scale.step) - range / 255) <= range * 1e-7)
        #expect((0...255).contains(scale.zero))
        for (k, value) in values.enumerated() {
          let byte = Int(rows.bytes[row * rows.stride + k])
          let error = abs(Double(scale.step) * Double(byte - Int(scale.zero)) - Double(value))
          // Half a step for the number and half a one for the zero point.
          #expect(error <= range / 255 * 1.001 || range < 1e-27 && error <= range)
          #expect(value != 0 || byte == scale.zero)
        }
      }
      #expect(rows.isIntactBehind)
    }
  }

  @Test(arguments: Table.available, [Float.nan, .infinity, -.infinity])
  func aNumberThatIsNoneIsNotLost(_ table: Table, _ special: Float) {
    for place in [0, 69] {
      var values = [[Float]](repeating: randomFloats(70, seed: 1), count: 3)
      values[1][place] = special
      let rows = ByteRows(values, table: table)
      #expect(rows.scales.map { $0.step.isFinite } == [true, false, true])
      let weight = ByteWeight([Int8](repeating: 1, count: 70 * 5), outputs: 5, inputs: 70)
      for kernel in ByteKernel.available {
        let output = weight.product(of: rows, by: kernel, share: nil, table: table)
        #expect(output.map { $0.allSatisfy(\.isFinite) } == [true, false, true])
        #expect(output[1].allSatisfy { $0.isNaN })
      }
    }
  }

  @Test(arguments: Table.available)
  func weightsAreNearTheirNumbers(_ table: Table) {
    for (outputs, inputs) in [(1, 1), (3, 64), (65, 63), (130, 200)] {
      var values = randomFloats(outputs * inputs, scale: 0.1, seed: 3)
      for k in 0..<inputs { values[(outputs - 1) * inputs + k] = 0 }
      let weight = ByteWeight(values, outputs: outputs, inputs: inputs, table: table)
      for output in 0..<outputs {
        let row = Array(values[output * inputs..<(output + 1) * inputs])
        let bytes = weight.row(output)
        let largest = row.map { abs(Double($0)) }.max()!
        #expect(abs(Double(weight.steps[output]) - largest / 127) <= largest * 1e-7)
        #expect(weight.sums[output] == Int32(bytes.reduce(0, +)))
        #expect(bytes.map(abs).max()! == (largest == 0 ? 0 : 127))
        for (value, byte) in zip(row, bytes) {
          let error = abs(Double(weight.steps[output]) * Double(byte) - Double(value))
          #expect(error <= largest / 254 * 1.001)
        }
      }
      #expect(weight.isPadded)
    }
  }

  @Test(
    arguments: [C4B_ACTIVATION_LINEAR, C4B_ACTIVATION_GELU, C4B_ACTIVATION_RELU], [false, true])
  func stepsZeroPointsBiasAndActivationAreApplied(
    _ activation: c4b_activation, feedsBytes: Bool
  ) {
    for table in Table.available { check(table, activation, feedsBytes: feedsBytes) }
  }

  private func check(_ table: Table, _ activation: c4b_activation, feedsBytes: Bool) {
    let (count, inputs, outputs) = (11, 100, 75)
    let values = (0..<count).map { randomFloats(inputs, scale: 2, seed: UInt64($0)) }
    let rows = ByteRows(values, table: table)
    let weight = ByteWeight(
      randomFloats(outputs * inputs, scale: 0.2, seed: 50), outputs: outputs, inputs: inputs,
      table: table)
    let bias = randomFloats(outputs, seed: 51)
    let expected = (0..<count).map { row in
      let zero = Int(rows.scales[row].zero)
      let bytes = rows.row(row).map { $0 - zero }
      return (0..<outputs).map { column in
        let x =
          Double(exactSum(bytes, weight.row(column))) * Double(rows.scales[row].step)
          * Double(weight.steps[column]) + Double(bias[column])
        return switch activation {
        case C4B_ACTIVATION_GELU: gelu(x)
        case C4B_ACTIVATION_RELU: max(x, 0)
        default: x
        }
      }
    }
    var first: [[Float]]?
    for kernel in ByteKernel.available {
      let output = weight.product(
        of: rows, by: kernel, share: 1, table: table, bias: bias, activation: activation,
        feedsBytes: feedsBytes)
      // Far less than half a step of the bytes that it becomes.
      let tolerance = feedsBytes && activation == C4B_ACTIVATION_GELU ? 6e-5 : 1e-5
      for (row, expected) in zip(output, expected) {
        #expect(zip(row, expected).allSatisfy { abs(Double($0) - $1) < tolerance }, "\(kernel)")
      }
      // Not a bit differs between kernels.
      if let first { #expect(output == first, "\(kernel)") }
      first = output
    }
  }

  /// A row's result is its own, whatever stands beside it.
  @Test(arguments: ByteKernel.available)
  func aRowAloneGivesTheSameNumbers(_ kernel: ByteKernel) {
    let values = (0..<40).map { randomFloats(96, scale: Float($0 + 1), seed: UInt64($0)) }
    let weight = ByteWeight(
      randomFloats(80 * 96, scale: 0.2, seed: 50), outputs: 80, inputs: 96,
      table: Table.available[0])
    let table = Table.available[0]
    let together = weight.product(
      of: ByteRows(values, table: table), by: kernel, share: nil, table: table)
    for (row, values) in values.enumerated() {
      let alone = weight.product(
        of: ByteRows([values], table: table), by: kernel, share: nil, table: table)
      #expect(alone[0] == together[row])
    }
  }

  /// Rows that leave a scale no room, and none at all, change nothing beside them.
  @Test(arguments: ByteKernel.available, Table.available)
  func rowsOfZerosAndOutliersKeepToThemselves(_ kernel: ByteKernel, _ table: Table) {
    var values = (0..<13).map { randomFloats(100, seed: UInt64($0)) }
    values[2] = [Float](repeating: 0, count: 100)
    values[4][50] = 1e30
    values[5][0] = -3e4
    values[12] = [Float](repeating: -0.0, count: 100)
    let bias = randomFloats(70, seed: 51)
    let weights = randomFloats(70 * 100, scale: 0.2, seed: 50)
    let weight = ByteWeight(weights, outputs: 70, inputs: 100, table: table)
    let output = weight.product(
      of: ByteRows(values, table: table), by: kernel, share: nil, table: table, bias: bias)
    for (row, values) in values.enumerated() {
      let alone = weight.product(
        of: ByteRows([values], table: table), by: kernel, share: nil, table: table, bias: bias)
      #expect(alone[0] == output[row])
      // Half a step of each input, and of each weight, at most.
      let range = Double(max(0, values.max()!)) - Double(min(0, values.min()!))
      let sizes = values.reduce(0) { $0 + abs(Double($1)) }
      for column in 0..<70 {
        let own = weights[column * 100..<column * 100 + 100].map(Double.init)
        let exact = zip(values, own).reduce(Double(bias[column])) { $0 + Double($1.0) * $1.1 }
        let bound =
          range / 255 * own.reduce(0) { $0 + abs($1) } + sizes * own.map(abs).max()! / 254
        #expect(abs(Double(output[row][column]) - exact) <= bound * 1.01 + 1e-6)
      }
    }
    #expect(output[2] == bias && output[12] == bias)
  }

  #if arch(x86_64)
    /// The instructions that the compiler made of the AMX kernel, on a processor that has them or by
    /// traps, against the exact sums of its emulation.
    @Test(.enabled(if: TileInstructions.canRun), arguments: shapes)
    func theAMXKernelDoesWhatItsEmulationDoes(_ shape: Shape) throws {
      let emulated = try #require(
        ByteKernel.available.first { $0.testDescription == "amx_emulated" })
      let rows = ByteRows(
        randomBytes(shape.rows * shape.depth, seed: 1), rows: shape.rows, columns: shape.depth)
      let weight = ByteWeight(
        randomBytes(shape.columns * shape.depth, seed: 2).map { Int8(max(-127, Int($0) - 128)) },
        outputs: shape.columns, inputs: shape.depth)
      var sums: [[Float]] = []
      let count = TileInstructions.run {
        sums = weight.product(of: rows, by: ByteKernel(kernel: c4b_byte_amx_int8), share: 1)
      }
      #expect((count > 0) == (c4b_amx_obstacle() != nil))
      #expect(sums == weight.product(of: rows, by: emulated, share: nil))
    }
  #endif
}

private func randomBytes(_ count: Int, seed: UInt64) -> [UInt8] {
  randomFloats(count, seed: seed).map { UInt8(max(0, min(255, ($0 * 200 + 128).rounded()))) }
}

private func exactSum(_ a: [Int], _ b: [Int]) -> Int {
  var sum = 0
  for k in a.indices { sum += a[k] * b[k] }
  return sum
}

private func gelu(_ x: Double) -> Double { x / 2 * (1 + erf(x / 2.0.squareRoot())) }

/// Rows of activations as bytes, in memory with guards.
private final class ByteRows {
  let rows: Int
  let columns: Int
  let stride: Int
  let bytes: UnsafeMutablePointer<UInt8>
  private(set) var scales: [c4b_byte_row]

  private static let guardByte: UInt8 = 0x5A
  private static let margin = 64
  /// Tiles are read as a whole.
  private var count: Int { (rows + 15) / 16 * 16 * stride }

  private init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    stride = (columns + 63) / 64 * 64
    scales = [c4b_byte_row](repeating: c4b_byte_row(step: 1, zero: 0), count: rows)
    let count = (rows + 15) / 16 * 16 * stride + Self.margin
    bytes = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 64)
      .assumingMemoryBound(to: UInt8.self)
    bytes.initialize(repeating: Self.guardByte, count: count)
  }

  deinit { bytes.deallocate() }

  /// Bytes as they are, with steps of 1 and zero points of 0.
  convenience init(_ values: [UInt8], rows: Int, columns: Int) {
    self.init(rows: rows, columns: columns)
    for row in 0..<rows {
      for k in 0..<stride { bytes[row * stride + k] = k < columns ? values[row * columns + k] : 0 }
    }
  }

  convenience init(_ values: [[Float]], table: Table) {
    self.init(rows: values.count, columns: values[0].count)
    // Rows apart, on any address.
    let input = values.flatMap { $0 + [guardValue, .nan, guardValue] }
    table.kernels.quantize_rows(input, columns + 3, rows, columns, bytes, stride, &scales)
  }

  func row(_ row: Int) -> [Int] { (0..<columns).map { Int(bytes[row * stride + $0]) } }

  var isIntactBehind: Bool {
    (rows * stride..<count + Self.margin).allSatisfy { bytes[$0] == Self.guardByte }
  }
}

/// A weight as bytes, in memory with guards.
private final class ByteWeight {
  let outputs: Int
  let inputs: Int
  private(set) var steps: [Float]
  private(set) var sums: [Int32]
  private let packed: UnsafeMutablePointer<Int8>
  private let panels: Int
  private let depthTiles: Int

  private static let guardByte: Int8 = 0x5A
  private static let margin = 64
  private var count: Int { panels * depthTiles * 4096 }

  /// An output's bytes in the order of its inputs.
  func row(_ output: Int) -> [Int] { (0..<inputs).map { Int(packed[place(output, $0)]) } }

  private init(outputs: Int, inputs: Int) {
    self.outputs = outputs
    self.inputs = inputs
    panels = (outputs + 63) / 64
    depthTiles = (inputs + 63) / 64
    steps = [Float](repeating: guardValue, count: panels * 64 + 1)
    sums = [Int32](repeating: 12345, count: panels * 64 + 1)
    let count = panels * depthTiles * 4096 + Self.margin
    packed = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 64)
      .assumingMemoryBound(to: Int8.self)
    packed.initialize(repeating: Self.guardByte, count: count)
  }

  deinit { packed.deallocate() }

  /// The layout of byte_products.h.
  private func place(_ output: Int, _ input: Int) -> Int {
    let tile = (output / 64 * depthTiles + input / 64) * 4 + output % 64 / 16
    return tile * 1024 + input % 64 / 4 * 64 + output % 16 * 4 + input % 4
  }

  /// Bytes as they are, with steps of 1.
  convenience init(_ values: [Int8], outputs: Int, inputs: Int) {
    self.init(outputs: outputs, inputs: inputs)
    for index in 0..<count { packed[index] = 0 }
    for output in 0..<panels * 64 { (steps[output], sums[output]) = (1, 0) }
    for output in 0..<outputs {
      for input in 0..<inputs {
        packed[place(output, input)] = values[output * inputs + input]
        sums[output] += Int32(values[output * inputs + input])
      }
    }
  }

  convenience init(_ values: [Float], outputs: Int, inputs: Int, table: Table) {
    self.init(outputs: outputs, inputs: inputs)
    // On any address, and in two parts, as threads share it.
    let stored: [UInt8] = [0] + values.flatMap { withUnsafeBytes(of: $0) { Array($0) } }
    let middle = panels / 2
    for range in [0..<middle, middle..<panels] {
      stored.withUnsafeBytes { stored in
        steps.withUnsafeMutableBufferPointer { steps in
          sums.withUnsafeMutableBufferPointer { sums in
            table.kernels.quantize_weight(
              C4B_FLOAT32, stored.baseAddress! + 1, outputs, inputs, range.lowerBound,
              range.upperBound, packed,
              c4b_byte_columns(steps: steps.baseAddress!, sums: sums.baseAddress!))
          }
        }
      }
    }
    #expect(steps.last == guardValue && sums.last == 12345)
    #expect((count..<count + Self.margin).allSatisfy { packed[$0] == Self.guardByte })
  }

  /// Whether all is 0 outside the matrix.
  var isPadded: Bool {
    (0..<panels * 64).allSatisfy { output in
      (0..<depthTiles * 64).allSatisfy { input in
        output < outputs && input < inputs || packed[place(output, input)] == 0
      } && (output < outputs || steps[output] == 0 && sums[output] == 0)
    }
  }

  /// - Parameter share: Panels at a time, as threads share them; nil for all at once.
  func product(
    of rows: ByteRows, by kernel: ByteKernel, share: Int?, table: Table = Table.available[0],
    bias: [Float]? = nil, activation: c4b_activation = C4B_ACTIVATION_LINEAR,
    feedsBytes: Bool = false
  ) -> [[Float]] {
    let stride = outputs + 5
    var output = [Float](repeating: guardValue, count: rows.rows * stride + 1)
    let share = share ?? panels
    output.withUnsafeMutableBufferPointer { output in
      steps.withUnsafeMutableBufferPointer { steps in
        sums.withUnsafeMutableBufferPointer { sums in
          rows.scales.withUnsafeBufferPointer { scales in
            let columns = c4b_byte_columns(steps: steps.baseAddress!, sums: sums.baseAddress!)
            // An array without elements has no address of its own.
            var none = c4b_byte_row(step: 1, zero: 0)
            withUnsafePointer(to: &none) { none in
              func run(_ bias: UnsafePointer<Float>?) {
                for begin in Swift.stride(from: 0, to: panels, by: share) {
                  var job = c4b_byte_job(
                    input: rows.bytes, input_stride: rows.stride,
                    input_rows: scales.baseAddress ?? none, weight: packed,
                    weight_columns: columns, rows: rows.rows, depth_tiles: depthTiles,
                    columns: outputs, begin: begin, end: min(begin + share, panels), bias: bias,
                    activation: activation, feeds_bytes: feedsBytes,
                    output: output.baseAddress!, output_stride: stride,
                    finish: table.kernels.finish_bytes)
                  kernel.kernel.multiply(&job)
                }
              }
              if let bias {
                bias.withUnsafeBufferPointer { run($0.baseAddress) }
              } else {
                run(nil)
              }
            }
          }
        }
      }
    }
    for row in 0..<rows.rows {
      for i in outputs..<stride { #expect(output[row * stride + i] == guardValue) }
    }
    #expect(output.last == guardValue)
    return (0..<rows.rows).map { Array(output[$0 * stride..<$0 * stride + outputs]) }
  }
}
