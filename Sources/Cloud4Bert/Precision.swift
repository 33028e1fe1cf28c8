public import Tensors

extension Precision {
  /// What stands for a precision that nobody chose: the fastest on this machine whose scores print the
  /// same digits as those of float32. That is float32: the scores of bf16x3 differ from its by up to
  /// 2e-5, and those of float32 itself, with another BLAS kernel or in other batches, by up to 1e-6
  /// (3,097 posts, two models).
  public static var automatic: Precision { .float32 }

  /// Why ``automatic`` is what it is, in a line.
  public static var automaticReason: String {
    "float32, as scores of bf16x3 differ from it in printed digits, by up to 2e-5"
  }

  /// The code that computes such products on this machine: `amx_bf16`, `avx512_bf16`, `avx512_vnni`, a name of
  /// ``Processor/kernels``, or BLAS with its core type. Of float32, that of ``Products/automatic``.
  public var kernel: String {
    switch self {
    case .float32: Products.automatic.kernel
    case .bf16x3, .bfloat16: Processor.products
    case .int8: Processor.byteProducts
    }
  }

  /// Whether that is faster than float32: whether the processor multiplies such numbers faster. bf16x3
  /// does so three times.
  public var isFasterThanFloat32: Bool {
    switch self {
    case .float32: false
    case .bf16x3: Processor.productSpeed > 3
    case .bfloat16: Processor.productSpeed > 1
    case .int8: Processor.byteProductSpeed > 1
    }
  }
}
