/// What the products of an encoder's layers are computed in; every sum is in float32, and so are layer
/// norms, softmax, activation functions and heads. Other products than those of float32 go by bfloat16
/// numbers, which AMX and AVX512-BF16 multiply faster; every processor can do them all.
public enum Precision: String, Sendable, CaseIterable {
  /// Single precision.
  case float32
  /// Each number as the sum of two bfloat16 numbers, high and low, and each product as three: high
  /// times high, high times low and low times high. About 16 bits are right, where float32 has 24
  /// (Henry, Tang and Heinecke, 2019; FLOAT_TO_BF16X3 in oneMKL). Weights that are stored in bfloat16
  /// have no low number, and need two products.
  case bf16x3
  /// Weights and inputs rounded to bfloat16, 8 bits. Half the memory.
  case bfloat16
  /// Weights as 8-bit integers with a scale an output, inputs as 8-bit integers with a scale and a zero
  /// point a row, found as the row is made: no calibration, and a text's answer does not depend on the
  /// texts beside it. Products are summed exactly. A quarter of the memory.
  case int8
}
