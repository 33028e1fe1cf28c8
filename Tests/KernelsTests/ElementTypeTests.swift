import CKernels
import Testing

@Suite struct ElementTypeTests {
  /// The value of a half by its definition (IEEE 754 binary16).
  static func half(_ bits: UInt16) -> Float {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 0x1F)
    let fraction = Float(bits & 0x3FF) / 1024
    return switch exponent {
    case 0: sign * fraction * 0x1p-14
    case 31: fraction == 0 ? sign * .infinity : .nan
    default: sign * (1 + fraction) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
    }
  }

  @Test(arguments: Table.available)
  func everyHalfAndEveryBFloat16(_ table: Table) {
    let bits = (0...UInt16.max).map { $0 }
    for (element, reference) in [
      (C4B_FLOAT16, Self.half), (C4B_BFLOAT16, { Float(bitPattern: UInt32($0) << 16) }),
    ] as [(c4b_element, (UInt16) -> Float)] {
      // One element less than all, so that the last ones take the path that is not a whole vector.
      for count in [bits.count, bits.count - 1] {
        var out = [Float](repeating: guardValue, count: bits.count)
        table.kernels.widen(element, bits, &out, count)
        for i in 0..<count {
          let expected = reference(bits[i])
          if out[i].bitPattern != expected.bitPattern, !(out[i].isNaN && expected.isNaN) {
            Issue.record("\(bits[i]) became \(out[i]), not \(expected)")
          }
        }
        if count < bits.count { #expect(out[count] == guardValue) }
      }
    }
  }

  @Test(arguments: Table.available, [1, 4, 15, 16, 17, 33])
  func embeddingsAddUp(_ table: Table, columns: Int) {
    let stored: [UInt16] = (0..<columns).map { UInt16(0x3F80 + $0) }
    let position = randomFloats(columns, seed: 1)
    let type = randomFloats(columns, seed: 2)
    for hasType in [false, true] {
      var out = [Float](repeating: guardValue, count: columns + 1)
      table.kernels.embed(C4B_BFLOAT16, stored, position, hasType ? type : nil, &out, columns)
      for i in 0..<columns {
        let word = Float(bitPattern: UInt32(stored[i]) << 16)
        // The order of transformers' additions, so that not a bit differs.
        #expect(out[i] == (hasType ? word + type[i] : word) + position[i])
      }
      #expect(out[columns] == guardValue)
    }
  }
}
