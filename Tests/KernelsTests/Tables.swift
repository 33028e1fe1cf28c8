import CKernels
import TestSupport
import Testing

/// A table of kernels, named for test reports.
struct Table: CustomTestStringConvertible, @unchecked Sendable {
  let kernels: c4b_kernels

  var testDescription: String { String(cString: kernels.name) }

  /// Every table that this processor runs.
  static let available: [Table] = {
    var tables = [UnsafePointer<c4b_kernels>](repeating: c4b_kernels_selected(), count: 8)
    let count = c4b_kernels_available(&tables, tables.count)
    return tables[..<count].map { Table(kernels: $0.pointee) }
  }()
}

/// Values spread around 0 as activations are.
func randomFloats(_ count: Int, scale: Float = 1, seed: UInt64) -> [Float] {
  var generator = SeededGenerator(seed: seed)
  return (0..<count).map { _ in
    let u = Double(generator.next() >> 11) * 0x1p-53
    let v = Double(generator.next() >> 11) * 0x1p-53
    return Float((u + v - 1) * 2) * scale
  }
}

/// Units in the last place of `expected` between the two.
func ulps(_ value: Float, from expected: Double) -> Double {
  let nearest = Float(expected)
  if value == nearest || value.isNaN && nearest.isNaN { return 0 }
  return abs(Double(value) - expected)
    / Double(max(nearest.magnitude.ulp, Float.leastNormalMagnitude.ulp))
}

/// Guard elements around a kernel's output: it must write nothing else.
let guardValue: Float = 12345.678
