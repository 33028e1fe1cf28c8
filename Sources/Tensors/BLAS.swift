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

  private static let setThreads: Void = c4b_blas_set_threads(1)

  static func useOneThreadPerCall() {
    _ = setThreads
  }
}
