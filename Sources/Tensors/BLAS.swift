import COpenBLAS

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What the BLAS library says of itself.
public enum BLAS {
  /// Name, version and build options, such as `OpenBLAS 0.3.21 DYNAMIC_ARCH …`.
  public static var configuration: String { String(cString: c4b_blas_configuration()) }

  /// The kernels that it chose for this processor, such as `SkylakeX`.
  public static var coreType: String { String(cString: c4b_blas_core()) }

  /// Threads that one product uses. The engine sets this to one, because its own workers call BLAS
  /// side by side, each on its own batch.
  public static var threads: Int { Int(c4b_blas_threads()) }

  /// A line that says so where OpenBLAS uses narrower vectors than this processor has.
  public static var limitation: String? {
    let core = coreType
    let isWide = ["SkylakeX", "Cooperlake", "SapphireRapids", "Accelerate"].contains(core)
    guard Processor.extensions.contains("avx512f"), !isWide else { return nil }
    if let requested = ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"], !requested.isEmpty
    {
      return """
        OPENBLAS_CORETYPE=\(requested) holds OpenBLAS to \(core) kernels; this processor has \
        AVX-512, so products would be faster with that variable unset
        """
    }
    return """
      OpenBLAS chose \(core) kernels although this processor has AVX-512; \
      OPENBLAS_CORETYPE=SkylakeX in the environment may be faster
      """
  }

  /// Columns of a product that a thread's share is a multiple of.
  static let step = 16

  /// Of a column of a product, in the unit of ``Work``: half, since each share packs all rows anew.
  static func cost(rows: Int, inputs: Int) -> Int { rows * inputs / 2 }

  /// `output = rows weightᵀ` for a weight of so many outputs, on the calling thread.
  static func multiply(
    _ rows: Matrix, _ weight: UnsafePointer<Float>, outputs: Int,
    into output: UnsafeMutablePointer<Float>, stride: Int
  ) {
    c4b_sgemm(
      false, true, Int32(rows.rows), Int32(outputs), Int32(rows.columns), 1, rows.base,
      Int32(rows.stride), weight, Int32(rows.columns), 0, output, Int32(stride))
  }

  private static let setThreads: Void = c4b_blas_set_threads(1)

  static func useOneThreadPerCall() {
    _ = setThreads
  }
}
