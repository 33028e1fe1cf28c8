import CKernels
import Foundation
import Testing

/// One sequence's attention.
struct AttentionShape: CustomTestStringConvertible {
  let queries: Int, length: Int, heads: Int, headSize: Int
  var testDescription: String {
    "\(queries) queries, \(length) tokens, \(heads) heads of \(headSize)"
  }
}

@Suite struct AttentionTests {
  static let shapes = [
    AttentionShape(queries: 1, length: 1, heads: 1, headSize: 1),
    AttentionShape(queries: 3, length: 3, heads: 2, headSize: 5),
    AttentionShape(queries: 1, length: 17, heads: 3, headSize: 8),
    AttentionShape(queries: 16, length: 16, heads: 1, headSize: 16),
    AttentionShape(queries: 43, length: 43, heads: 2, headSize: 32),
    AttentionShape(queries: 9, length: 50, heads: 2, headSize: 64),
    AttentionShape(queries: 20, length: 512, heads: 1, headSize: 33),
  ]

  @Test(arguments: Table.available, shapes)
  func equalsTheDefinitionInDoublePrecision(_ table: Table, shape: AttentionShape) {
    let size = shape.heads * shape.headSize
    let stride = size + 3
    let scale = 1 / Float(shape.headSize).squareRoot()
    let query = randomFloats(shape.queries * stride, scale: 2, seed: 1)
    let key = randomFloats(shape.length * stride, scale: 2, seed: 2)
    let value = randomFloats(shape.length * stride, scale: 2, seed: 3)
    let biases = (4..<7).map { randomFloats(size, seed: $0) }
    for hasBias in [false, true] {
      var output = [Float](repeating: guardValue, count: shape.queries * stride)
      let scratchCount = table.kernels.attention_scratch(shape.length, shape.headSize)
      var scratch = [Float](repeating: guardValue, count: scratchCount + 1)
      query.withUnsafeBufferPointer { q in
        key.withUnsafeBufferPointer { k in
          value.withUnsafeBufferPointer { v in
            biases[0].withUnsafeBufferPointer { qb in
              biases[1].withUnsafeBufferPointer { kb in
                biases[2].withUnsafeBufferPointer { vb in
                  output.withUnsafeMutableBufferPointer { out in
                    var job = c4b_attention_job(
                      query: q.baseAddress!, key: k.baseAddress!, value: v.baseAddress!,
                      query_stride: stride, key_stride: stride, value_stride: stride,
                      query_bias: hasBias ? qb.baseAddress : nil,
                      key_bias: hasBias ? kb.baseAddress : nil,
                      value_bias: hasBias ? vb.baseAddress : nil, output: out.baseAddress!,
                      output_stride: stride, queries: shape.queries, length: shape.length,
                      head_size: shape.headSize, head_begin: 0, head_end: shape.heads,
                      scale: scale)
                    table.kernels.attention(&job, &scratch)
                  }
                }
              }
            }
          }
        }
      }
      #expect(scratch[scratchCount] == guardValue)

      func element(_ m: [Float], _ bias: [Float], _ row: Int, _ column: Int) -> Double {
        Double(m[row * stride + column]) + (hasBias ? Double(bias[column]) : 0)
      }
      for head in 0..<shape.heads {
        let columns = head * shape.headSize..<(head + 1) * shape.headSize
        for i in 0..<shape.queries {
          let scores = (0..<shape.length).map { j in
            columns.reduce(0) {
              $0 + element(query, biases[0], i, $1) * element(key, biases[1], j, $1)
            } * Double(scale)
          }
          let largest = scores.max()!
          let powers = scores.map { exp($0 - largest) }
          let sum = powers.reduce(0, +)
          for column in columns {
            let expected = (0..<shape.length).reduce(0) {
              $0 + powers[$1] / sum * element(value, biases[2], $1, column)
            }
            #expect(abs(Double(output[i * stride + column]) - expected) < 2e-5)
          }
        }
      }
      for i in 0..<shape.queries {
        for column in size..<stride { #expect(output[i * stride + column] == guardValue) }
      }
    }
  }
}
