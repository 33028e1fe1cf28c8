import CKernels

/// What multiplies in single precision. Products of lower precisions are always the engine's own: no BLAS
/// has them everywhere.
public enum Products: String, Sendable, CaseIterable {
  /// `sgemm` of the BLAS library: OpenBLAS, or Accelerate on Apple's systems.
  case blas
  /// The engine's own kernels, whose weights are packed once and not in each call.
  case engine

  /// The faster of both on this processor.
  public static var automatic: Products { Processor.table.beats_blas ? .engine : .blas }
}
