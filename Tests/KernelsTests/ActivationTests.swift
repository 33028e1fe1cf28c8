import CKernels
import Foundation
import Testing

@Suite struct ActivationTests {
  /// Dense around 0, out to where exp overflows, with the special values.
  static let inputs: [Float] =
    stride(from: Float(-12), through: 12, by: 0.00317).map { $0 }
    + [0, -0.0, 1e-30, -1e-30, 50, -50, 87, -87, 89, -89, 1e20, -1e20, .infinity, -.infinity, .nan]

  static let all = [
    C4B_ACTIVATION_LINEAR, C4B_ACTIVATION_GELU, C4B_ACTIVATION_GELU_TANH,
    C4B_ACTIVATION_GELU_SIGMOID, C4B_ACTIVATION_RELU, C4B_ACTIVATION_SILU, C4B_ACTIVATION_TANH,
    C4B_ACTIVATION_SIGMOID, C4B_ACTIVATION_GELU_10, C4B_ACTIVATION_MISH, C4B_ACTIVATION_HARDSWISH,
    C4B_ACTIVATION_LEAKY_RELU, C4B_ACTIVATION_RELU6, C4B_ACTIVATION_RELU2, C4B_ACTIVATION_LAPLACE,
  ]

  static func reference(_ activation: c4b_activation, _ x: Double) -> Double {
    switch activation {
    case C4B_ACTIVATION_GELU: return x * 0.5 * erfc(-x / 2.0.squareRoot())
    case C4B_ACTIVATION_GELU_TANH:
      return 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case C4B_ACTIVATION_RELU: return x.isNaN ? x : max(x, 0)
    case C4B_ACTIVATION_GELU_SIGMOID: return x / (1 + exp(-1.702 * x))
    case C4B_ACTIVATION_SILU: return x / (1 + exp(-x))
    case C4B_ACTIVATION_SIGMOID: return 1 / (1 + exp(-x))
    case C4B_ACTIVATION_TANH: return tanh(x)
    case C4B_ACTIVATION_GELU_10: return min(reference(C4B_ACTIVATION_GELU, x), 10)
    case C4B_ACTIVATION_MISH: return x * tanh(log1p(exp(x)))
    case C4B_ACTIVATION_HARDSWISH: return x * min(max(x + 3, 0), 6) / 6
    case C4B_ACTIVATION_LEAKY_RELU: return x.isNaN ? x : max(x, 0.01 * x)
    case C4B_ACTIVATION_RELU6: return x.isNaN ? x : min(max(x, 0), 6)
    case C4B_ACTIVATION_RELU2: return x.isNaN ? x : max(x, 0) * max(x, 0)
    case C4B_ACTIVATION_LAPLACE: return 0.5 * erfc(-(x - 0.707107) / (0.282095 * 2.0.squareRoot()))
    default: return x
    }
  }

  @Test(arguments: Table.available)
  func tanhIsWithinFourUnitsInTheLastPlace(_ table: Table) {
    var values = Self.inputs
    table.kernels.activate(C4B_ACTIVATION_TANH, &values, values.count, nil, 1, values.count)
    for (x, y) in zip(Self.inputs, values) {
      #expect(ulps(y, from: tanh(Double(x))) <= 4, "tanh(\(x)) gave \(y)")
    }
  }

  @Test(arguments: Table.available)
  func geluIsExactToRounding(_ table: Table) {
    // x (1 + erf) cancels for negative x: its error is in units of x, not of the small result.
    for activation in [
      C4B_ACTIVATION_GELU, C4B_ACTIVATION_GELU_TANH, C4B_ACTIVATION_GELU_SIGMOID,
      C4B_ACTIVATION_SILU, C4B_ACTIVATION_GELU_10, C4B_ACTIVATION_MISH, C4B_ACTIVATION_HARDSWISH,
      C4B_ACTIVATION_LEAKY_RELU, C4B_ACTIVATION_RELU6,
    ] {
      var values = Self.inputs
      table.kernels.activate(activation, &values, values.count, nil, 1, values.count)
      for (x, y) in zip(Self.inputs, values) where x.isFinite && abs(x) < 1e10 {
        let expected = Self.reference(activation, Double(x))
        let tolerance = 2.5e-7 * max(abs(Double(x)), 1e-30)
        #expect(abs(Double(y) - expected) <= tolerance, "gelu(\(x)) gave \(y), not \(expected)")
      }
    }
  }

  @Test(arguments: Table.available)
  func notANumberStaysSo(_ table: Table) {
    for activation in Self.all {
      var values = [Float](repeating: .nan, count: 19)
      table.kernels.activate(activation, &values, values.count, nil, 1, values.count)
      #expect(values.allSatisfy { $0.isNaN })
    }
  }

  @Test(arguments: Table.available, [0, 1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 100])
  func everyWidthWithBiasAndStride(_ table: Table, columns: Int) {
    let rows = 3
    let stride = columns + 5
    for activation in Self.all {
      let input = randomFloats(rows * columns, scale: 2, seed: UInt64(columns))
      let bias = randomFloats(max(columns, 1), seed: 99)
      var x = [Float](repeating: guardValue, count: rows * stride + 1)
      for row in 0..<rows {
        for i in 0..<columns { x[row * stride + i] = input[row * columns + i] }
      }
      table.kernels.activate(activation, &x, stride, bias, rows, columns)
      for row in 0..<rows {
        for i in 0..<stride {
          let y = x[row * stride + i]
          guard i < columns else {
            #expect(y == guardValue)
            continue
          }
          let sum = input[row * columns + i] + bias[i]
          let expected = Self.reference(activation, Double(sum))
          #expect(abs(Double(y) - expected) < 1e-6 * max(1, abs(expected)))
        }
      }
    }
  }
}
