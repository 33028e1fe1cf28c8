import CKernels

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Darwin)
  import Darwin
#endif

/// The processor's vector extensions, and the kernels chosen for them.
public enum Processor {
  /// What its maker calls it, such as `Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz`; where the system
  /// does not tell, the machine's name or the instruction set: `Raspberry Pi 5 Model B`, `arm64`.
  public static var name: String {
    #if canImport(Darwin)
      var size = 0
      sysctlbyname("machdep.cpu.brand_string", nil, &size, nil, 0)
      var bytes = [UInt8](repeating: 0, count: size)
      if size > 0, sysctlbyname("machdep.cpu.brand_string", &bytes, &size, nil, 0) == 0 {
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
    #else
      for (file, prefix) in [
        ("/proc/cpuinfo", "model name"), ("/sys/firmware/devicetree/base/model", ""),
      ] {
        guard let text = KernelFile.contents(of: file) else { continue }
        let line = text.split { $0 == "\n" || $0 == "\0" }.first { $0.hasPrefix(prefix) }
        let name = line.map { prefix.isEmpty ? $0 : $0.drop { $0 != ":" }.dropFirst() }
        if let name = name?.drop(while: { $0 == " " }), !name.isEmpty { return String(name) }
      }
    #endif
    #if arch(arm64)
      return "arm64"
    #elseif arch(x86_64)
      return "x86-64"
    #else
      return "unknown"
    #endif
  }

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

  /// How many of those are computed in the time of one in single precision: 1 where numbers are widened
  /// first.
  public static var productSpeed: Int { Int(productKernel.speed) }

  /// A line for each of these variables that names no kernels that run here, and so does nothing.
  public static var unheededVariables: [String] {
    [
      ("CLOUD4BERT_KERNELS", kernels), ("CLOUD4BERT_PRODUCTS", products),
      ("CLOUD4BERT_BYTE_PRODUCTS", byteProducts),
    ].compactMap { name, used in
      guard let asked = ProcessInfo.processInfo.environment[name], !asked.isEmpty, asked != used
      else { return nil }
      return "\(name)=\(asked) names no kernels that run here; \(used) is in use"
    }
  }

  /// Why this machine does not multiply with AMX; nil where it does.
  public static var amxObstacle: String? { c4b_amx_obstacle().map { String(cString: $0) } }

  /// The kernel for products of bytes: `amx_int8`, `avx512_vnni`, `avx_vnni`, `neon_i8mm`,
  /// `neon_dotprod`, or one that widens them, `avx512`, `avx2` or `portable`. All give the same sums. The environment variable
  /// `CLOUD4BERT_BYTE_PRODUCTS` names another, or `amx_emulated`.
  public static var byteProducts: String { String(cString: byteKernel.name) }

  /// How many of those are computed in the time of one in single precision: 1 where numbers are widened
  /// first.
  public static var byteProductSpeed: Int { Int(byteKernel.speed) }

  // Constant tables in the binary, chosen once.
  nonisolated(unsafe) static let table = c4b_kernels_selected().pointee
  nonisolated(unsafe) static let productKernel = c4b_product_kernel_selected().pointee
  nonisolated(unsafe) static let byteKernel = c4b_byte_kernel_selected().pointee
}
