import CKernels

/// The processor's vector extensions, and the kernels chosen for them.
public enum Processor {
  /// Such as `["sse2", "avx2", "fma", …]`: what the processor has and the system lets programs use.
  public static var extensions: [String] {
    String(cString: c4b_cpu_extensions()).split(separator: " ").map(String.init)
  }

  /// The instruction set of the engine's own kernels: `avx512`, `avx2` or `portable`. The environment
  /// variable `CLOUD4BERT_KERNELS` names a smaller one.
  public static var kernels: String { String(cString: Processor.table.name) }

  // A constant table in the binary, chosen once.
  nonisolated(unsafe) static let table = c4b_kernels_selected().pointee
}
