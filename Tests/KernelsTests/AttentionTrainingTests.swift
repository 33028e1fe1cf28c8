import CKernels
import Foundation
import Testing

/// Attention on the way forward and back, against its definition in double precision.
@Suite struct AttentionTrainingTests {
  static let shapes = [
    AttentionShape(queries: 1, length: 1, heads: 1, headSize: 1),
    AttentionShape(queries: 3, length: 3, heads: 2, headSize: 5),
    AttentionShape(queries: 1, length: 17, heads: 3, headSize: 8),
    AttentionShape(queries: 33, length: 33, heads: 1, headSize: 16),
    AttentionShape(queries: 43, length: 43, heads: 2, headSize: 32),
    AttentionShape(queries: 9, length: 50, heads: 1, headSize: 64),
    AttentionShape(queries: 300, length: 300, heads: 1, headSize: 33),
  ]

  /// One job with memory of its own.
  struct Run {
    let shape: AttentionShape
    let stride: Int
    let scale: Double
    var query, key, value, biases, outputGradient: [Float]
    var output, logSums, queryGradient, keyGradient, valueGradient: [Float]
    let numbers: [UInt64]

    init(_ shape: AttentionShape) {
      self.shape = shape
      let size = shape.heads * shape.headSize
      stride = size + 3
      scale = 1 / Double(shape.headSize).squareRoot()
      query = randomFloats(shape.queries * stride, scale: 2, seed: 1)
      key = randomFloats(shape.length * stride, scale: 2, seed: 2)
      value = randomFloats(shape.length * stride, scale: 2, seed: 3)
      outputGradient = randomFloats(shape.queries * stride, seed: 4)
      biases = randomFloats(3 * size, seed: 5)
      output = [Float](repeating: guardValue, count: shape.queries * stride)
      logSums = [Float](repeating: guardValue, count: shape.queries * shape.heads)
      queryGradient = [Float](repeating: guardValue, count: shape.queries * stride)
      keyGradient = [Float](repeating: guardValue, count: shape.length * stride)
      valueGradient = keyGradient
      numbers = (0..<UInt64(shape.queries)).map { $0 * 3 + 1 }
    }

    mutating func callAsFunction(_ table: Table, dropout: c4b_dropout?) {
      let size = shape.heads * shape.headSize
      let count = table.kernels.attention_training_scratch(shape.length, shape.headSize)
      var scratch = [Float](repeating: .nan, count: count + 1)
      scratch[count] = guardValue
      var mask = dropout ?? c4b_dropout()
      let hasDropout = dropout != nil
      query.withUnsafeBufferPointer { q in
        key.withUnsafeBufferPointer { k in
          value.withUnsafeBufferPointer { v in
            biases.withUnsafeBufferPointer { b in
              numbers.withUnsafeBufferPointer { numbers in
                output.withUnsafeMutableBufferPointer { out in
                  logSums.withUnsafeMutableBufferPointer { sums in
                    withUnsafePointer(to: &mask) { mask in
                      var job = c4b_attention_training_job(
                        query: q.baseAddress!, key: k.baseAddress!, value: v.baseAddress!,
                        query_stride: stride, key_stride: stride, value_stride: stride,
                        query_bias: b.baseAddress!, key_bias: b.baseAddress! + size,
                        value_bias: b.baseAddress! + 2 * size, output: out.baseAddress!,
                        output_stride: stride, log_sums: sums.baseAddress!,
                        log_sums_stride: shape.heads, queries: shape.queries,
                        length: shape.length, head_size: shape.headSize, heads: shape.heads,
                        scale: Float(scale), dropout: hasDropout ? mask : nil,
                        row_numbers: numbers.baseAddress)
                      table.kernels.attention_forward(&job, &scratch)
                      outputGradient.withUnsafeBufferPointer { gradient in
                        queryGradient.withUnsafeMutableBufferPointer { dq in
                          keyGradient.withUnsafeMutableBufferPointer { dk in
                            valueGradient.withUnsafeMutableBufferPointer { dv in
                              var gradients = c4b_attention_gradients(
                                output: gradient.baseAddress!, output_stride: stride,
                                query: dq.baseAddress!, key: dk.baseAddress!,
                                value: dv.baseAddress!, query_stride: stride, key_stride: stride,
                                value_stride: stride)
                              table.kernels.attention_backward(&job, &gradients, &scratch)
                            }
                          }
                        }
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
      #expect(scratch[count] == guardValue)
    }
  }

  @Test(arguments: Table.available, shapes)
  func equalsTheDefinitionInDoublePrecision(_ table: Table, shape: AttentionShape) {
    for hasDropout in [false, true] {
      let dropout = hasDropout ? c4b_dropout(key: 99, threshold: 1 << 30, scale: 4 / 3) : nil
      var run = Run(shape)
      run(table, dropout: dropout)
      let (stride, size) = (run.stride, shape.heads * shape.headSize)
      func element(_ m: [Float], _ bias: Int, _ row: Int, _ column: Int) -> Double {
        Double(m[row * stride + column]) + Double(run.biases[bias * size + column])
      }
      func check(_ values: [Float], _ row: Int, _ column: Int, _ expected: Double) {
        let value = Double(values[row * stride + column])
        #expect(abs(value - expected) < 3e-5 * max(1, abs(expected)))
      }
      for head in 0..<shape.heads {
        let columns = Array(head * shape.headSize..<(head + 1) * shape.headSize)
        let (q, k, v) = (
          (0..<shape.queries).map { i in columns.map { element(run.query, 0, i, $0) } },
          (0..<shape.length).map { i in columns.map { element(run.key, 1, i, $0) } },
          (0..<shape.length).map { i in columns.map { element(run.value, 2, i, $0) } }
        )
        func product(_ a: [Double], _ b: [Double]) -> Double {
          var sum = 0.0
          for index in a.indices { sum += a[index] * b[index] }
          return sum
        }
        var dk = [[Double]](
          repeating: [Double](repeating: 0, count: columns.count), count: shape.length)
        var dv = dk
        for i in 0..<shape.queries {
          let scores = k.map { product(q[i], $0) * run.scale }
          let largest = scores.max()!
          let sum = scores.reduce(0) { $0 + exp($1 - largest) }
          let p = scores.map { exp($0 - largest) / sum }
          var factors = [Double](repeating: 1, count: shape.length)
          if let dropout {
            let key = keyed(keyed(dropout.key, run.numbers[i]), UInt64(head))
            factors = factors.indices.map { factor(dropout, key, $0) }
          }
          let gradient = columns.map { Double(run.outputGradient[i * stride + $0]) }
          let products = v.map { product($0, gradient) }
          var along = 0.0
          for j in p.indices { along += p[j] * factors[j] * products[j] }
          var output = [Double](repeating: 0, count: columns.count)
          var dq = output
          for j in p.indices {
            let slope = p[j] * (factors[j] * products[j] - along) * run.scale
            for c in columns.indices {
              output[c] += p[j] * factors[j] * v[j][c]
              dq[c] += slope * k[j][c]
              dk[j][c] += slope * q[i][c]
              dv[j][c] += p[j] * factors[j] * gradient[c]
            }
          }
          for (c, column) in columns.enumerated() {
            check(run.output, i, column, output[c])
            check(run.queryGradient, i, column, dq[c])
          }
          #expect(
            abs(Double(run.logSums[i * shape.heads + head]) - largest - log(sum)) < 1e-5)
        }
        for j in 0..<shape.length {
          for (c, column) in columns.enumerated() {
            check(run.keyGradient, j, column, dk[j][c])
            check(run.valueGradient, j, column, dv[j][c])
          }
        }
      }
      for values in [run.output, run.queryGradient, run.keyGradient, run.valueGradient] {
        for row in 0..<values.count / stride {
          for column in size..<stride { #expect(values[row * stride + column] == guardValue) }
        }
      }
    }
  }
}

// The random numbers of dropout, as dropout.h defines them.

func keyed(_ key: UInt64, _ number: UInt64) -> UInt64 {
  var z = key &+ (number &+ 1) &* 0x9E37_79B9_7F4A_7C15
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}

func factor(_ dropout: c4b_dropout, _ key: UInt64, _ column: Int) -> Double {
  var x = UInt32(column) &* 0x9E37_79B9 &+ UInt32(truncatingIfNeeded: key)
  x = (x ^ (x >> 16)) &* 0x21F0_AAAD
  x = (x ^ (x >> 15)) &+ UInt32(truncatingIfNeeded: key >> 32)
  x = (x ^ (x >> 16)) &* 0xD35A_2D97
  x ^= x >> 15
  return x >= dropout.threshold ? Double(dropout.scale) : 0
}
