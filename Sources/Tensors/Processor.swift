import CKernels

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The processor's vector extensions, and the kernels chosen for them.
public enum Processor {
  /// Such as `["sse2", "avx2", "fma", …]`: what the processor has and the system lets programs use.
  public static var extensions: [String] {
    String(cString: c4b_cpu_extensions()).split(separator: " ").map(String.init)
  }

  /// The instruction set of the engine's own kernels: `avx512`, `avx2` or `portable`. The environment
  /// variable `CLOUD4BERT_KERNELS` names a smaller one.
  public static var kernels: String { String(cString: Processor.table.name) }

  /// The kernel for products of bfloat16 numbers: `amx_bf16`, `avx512_bf16`, or one that widens them,
  /// `avx512`, `avx2` or `portable`. The environment variable `CLOUD4BERT_PRODUCTS` names another, or
  /// `amx_emulated`.
  public static var products: String { String(cString: productKernel.name) }

  /// A line for each of the two variables that names no kernels that run here, and so does nothing.
  public static var unheededVariables: [String] {
    [("CLOUD4BERT_KERNELS", kernels), ("CLOUD4BERT_PRODUCTS", products)].compactMap { name, used in
      guard let asked = ProcessInfo.processInfo.environment[name], !asked.isEmpty, asked != used
      else { return nil }
      return "\(name)=\(asked) names no kernels that run here; \(used) is in use"
    }
  }

  /// Why this machine does not multiply with AMX; nil where it does.
  public static var amxObstacle: String? { c4b_amx_obstacle().map { String(cString: $0) } }

  // Constant tables in the binary, chosen once.
  nonisolated(unsafe) static let table = c4b_kernels_selected().pointee
  nonisolated(unsafe) static let productKernel = c4b_product_kernel_selected().pointee
}
