import Foundation
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct FloatConversionTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func tensor(
    _ type: ElementType, _ shape: [Int], _ bytes: [UInt8], strides: [Int]? = nil, offset: Int = 0
  ) throws -> StoredTensor {
    StoredTensor(
      name: "t", elementType: type, shape: shape,
      strides: strides ?? StoredTensor.rowMajorStrides(shape), file: try folder.map(bytes),
      byteOffset: offset)
  }

  private let allPatterns = (0..<65536).flatMap { littleEndian($0, 2) }

  @Test func widensEveryHalfPrecisionNumberExactly() throws {
    // An odd offset, as nothing promises alignment.
    let floats = try tensor(.float16, [65536], [0] + allPatterns, offset: 1).floats()
    for bits in 0..<65536 {
      // From the definition: (-1)^s 2^(e-15) (1 + f/1024), subnormal for e = 0.
      let exponent = bits >> 10 & 31
      let fraction = Double(bits & 1023) / 1024
      let found = floats[bits]
      #expect((found.sign == .minus) == (bits >= 0x8000))
      switch exponent {
      case 31 where fraction > 0: #expect(found.isNaN, "\(bits)")
      case 31: #expect(found.isInfinite, "\(bits)")
      case 0: #expect(Double(abs(found)) == fraction * 0x1p-14, "\(bits)")
      default:
        let magnitude = (1 + fraction) * pow(2, Double(exponent - 15))
        #expect(Double(abs(found)) == magnitude, "\(bits)")
      }
    }
  }

  @Test func widensEveryBfloat16ToItsUpperHalf() throws {
    let floats = try tensor(.bfloat16, [256, 256], allPatterns).floats()
    #expect(floats.map(\.bitPattern) == (0..<65536).map { UInt32($0) << 16 })
    #expect(floats[0x3FC0] == 1.5)
  }

  @Test func keepsFloat32AndRoundsFloat64() throws {
    let patterns: [UInt32] = [
      0, 0x8000_0000, 1, 0x3F80_0001, 0x7F80_0000, 0x7FC1_2345, 0xFF7F_FFFF,
    ]
    let bytes: [UInt8] = [7] + patterns.flatMap { littleEndian(Int($0), 4) }
    let floats = try tensor(.float32, [7], bytes, offset: 1).floats()
    #expect(floats.map(\.bitPattern) == patterns)
    let doubles: [Double] = [1 / 3, 1e300, -1e-300, 0x1.000001p0, 0x1.000003p0, 0x1p-149]
    let rounded = try tensor(
      .float64, [6], doubles.flatMap { littleEndian(Int(bitPattern: UInt($0.bitPattern)), 8) }
    ).floats()
    let nearest: [Float] = [1 / 3, .infinity, 0, 1, 0x1.000004p0, 0x1p-149]
    #expect(rounded == nearest)
  }

  @Test func followsStrides() throws {
    let bytes = (0..<24).flatMap { littleEndian(Int(Float($0).bitPattern), 4) }
    let columns = try tensor(.float32, [6, 4], bytes, strides: [1, 6])
    #expect(!columns.isContiguous)
    let expected = (0..<24).map { (index: Int) -> Float in Float(index % 4 * 6 + index / 4) }
    #expect(try columns.floats() == expected)
    let block = try tensor(.float32, [2, 1, 2], bytes, strides: [12, 99, 2], offset: 4)
    #expect(try block.floats() == [1, 3, 13, 15])
    // A single index never takes its stride.
    #expect(try tensor(.float32, [1, 4], bytes, strides: [99, 1]).isContiguous)
    #expect(try tensor(.float32, [], bytes).floats() == [0])
    #expect(try tensor(.float32, [3, 0, 2], bytes).floats() == [])
  }

  @Test func fillsACallersBuffer() throws {
    let tensor = try tensor(.bfloat16, [2], [0x80, 0x3F, 0x00, 0xC0])
    let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 2)
    defer { buffer.deallocate() }
    try tensor.copyFloats(into: buffer)
    #expect(Array(buffer) == [1, -2])
  }

  @Test(arguments: [ElementType.int64, .int32, .int16, .int8, .uint8, .bool])
  func refusesIntegers(type: ElementType) throws {
    let tensor = try tensor(type, [1], [UInt8](repeating: 1, count: 8))
    let error = checkpointError { _ = try tensor.floats() }
    #expect(error?.problem == "holds \(type.name) where floating-point numbers are expected")
  }

  @Test func emptyTensorsOfAbsurdShapesAreHarmless() throws {
    let tensor = try tensor(.float32, [0, 1 << 40, 1 << 40], [0])
    #expect(tensor.isContiguous)
    #expect(try tensor.floats() == [])
  }
}
