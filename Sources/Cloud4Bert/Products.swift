public import Tensors

extension Products {
  /// The code that computes such products on this machine: BLAS with its core type, or a name of
  /// ``Processor/kernels``.
  public var kernel: String {
    switch self {
    case .blas: "BLAS, \(BLAS.coreType)"
    case .engine: Processor.kernels
    }
  }

  /// Why ``automatic`` is what it is, in a line.
  public static var automaticReason: String {
    switch automatic {
    case .blas: "blas, which is faster than the engine's \(engine.kernel) kernels"
    case .engine: "engine, whose \(engine.kernel) kernels are faster than BLAS here"
    }
  }
}
