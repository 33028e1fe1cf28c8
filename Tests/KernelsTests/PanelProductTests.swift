import CKernels
import Testing

@Suite struct PanelProductTests {
  struct Shape: CustomTestStringConvertible {
    let rows: Int, inputs: Int, outputs: Int
    var testDescription: String { "\(rows) rows, \(inputs) inputs, \(outputs) outputs" }
  }

  static let shapes =
    (1...9).map { Shape(rows: $0, inputs: 5, outputs: 48) } + [
      Shape(rows: 0, inputs: 3, outputs: 4),
      Shape(rows: 1, inputs: 1, outputs: 1),
      Shape(rows: 13, inputs: 7, outputs: 3),
      Shape(rows: 17, inputs: 130, outputs: 100),
      // More than one slice of the depth, and than one block of rows.
      Shape(rows: 37, inputs: 1601, outputs: 49),
      Shape(rows: 512, inputs: 400, outputs: 31),
    ]

  private static let elements: [(c4b_element, size: Int)] = [
    (C4B_FLOAT32, 4), (C4B_BFLOAT16, 2), (C4B_FLOAT16, 2),
  ]

  /// Quarters from -2 to 2, which every stored form holds exactly.
  private func quarters(_ count: Int, seed: UInt64) -> [Float] {
    randomFloats(count, seed: seed).map { ($0 * 4).rounded() / 4 }
  }

  private func stored(_ values: [Float], as element: c4b_element) -> [UInt8] {
    values.flatMap { value -> [UInt8] in
      switch element {
      case C4B_FLOAT32: withUnsafeBytes(of: value.bitPattern) { Array($0) }
      case C4B_BFLOAT16: withUnsafeBytes(of: UInt16(value.bitPattern >> 16)) { Array($0) }
      default: withUnsafeBytes(of: half(value)) { Array($0) }
      }
    }
  }

  /// The half of a number that has a normal one.
  private func half(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    if value == 0 { return 0 }
    return UInt16(bits >> 16 & 0x8000) | UInt16((bits >> 23 & 0xFF) - 112) << 10
      | UInt16(bits >> 13 & 0x3FF)
  }

  @Test(arguments: Table.available, shapes)
  func equalsTheDefinition(_ table: Table, _ shape: Shape) {
    let (rows, inputs, outputs) = (shape.rows, shape.inputs, shape.outputs)
    let (inputStride, outputStride) = (inputs + 2, outputs + 3)
    let input = randomFloats(max(1, rows * inputStride), seed: 1)
    let weight = quarters(outputs * inputs, seed: 2)
    let bias = randomFloats(outputs, seed: 3)
    let panel = table.kernels.panel_width
    for (element, size) in Self.elements {
      // An odd address: checkpoints give no alignment.
      let bytes = [0] + stored(weight, as: element)
      #expect(bytes.count == 1 + outputs * inputs * size)
      let packedCount = table.kernels.panel_floats(outputs, inputs)
      var packed = [Float](repeating: guardValue, count: packedCount + 1)
      bytes.withUnsafeBytes {
        table.kernels.pack_panels(element, $0.baseAddress! + 1, outputs, inputs, &packed)
      }
      #expect(packed[packedCount] == guardValue)

      for finishes in [false, true] {
        var output = [Float](repeating: guardValue, count: max(1, rows * outputStride))
        // In two parts, as threads share it.
        let middle = min(outputs / panel / 2 * panel, outputs)
        for columns in [0..<middle, middle..<outputs] {
          input.withUnsafeBufferPointer { input in
            packed.withUnsafeBufferPointer { packed in
              bias.withUnsafeBufferPointer { bias in
                output.withUnsafeMutableBufferPointer { output in
                  var job = c4b_panel_job(
                    input: input.baseAddress!, input_stride: inputStride,
                    weight: packed.baseAddress!, bias: finishes ? bias.baseAddress : nil,
                    activation: finishes ? C4B_ACTIVATION_RELU : C4B_ACTIVATION_LINEAR,
                    output: output.baseAddress!, output_stride: outputStride, rows: rows,
                    inputs: inputs, column_begin: columns.lowerBound,
                    column_end: columns.upperBound)
                  table.kernels.panel_product(&job)
                }
              }
            }
          }
        }
        for row in 0..<rows {
          for column in 0..<outputs {
            var sum = finishes ? Double(bias[column]) : 0
            var magnitude = abs(sum)
            for k in 0..<inputs {
              let term =
                Double(input[row * inputStride + k]) * Double(weight[column * inputs + k])
              sum += term
              magnitude += abs(term)
            }
            let expected = finishes ? max(sum, 0) : sum
            let error = abs(Double(output[row * outputStride + column]) - expected)
            #expect(error <= magnitude * 1e-6)
          }
          for padding in outputs..<outputStride {
            #expect(output[row * outputStride + padding] == guardValue)
          }
        }
      }
    }
  }
}
