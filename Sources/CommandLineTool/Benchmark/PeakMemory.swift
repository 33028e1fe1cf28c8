import Files

#if canImport(Darwin)
  import Darwin
#endif

/// The most memory that this process has had, in bytes: with the pages of mapped weights that it has
/// touched.
enum PeakMemory {
  static var byteCount: Int? {
    #if canImport(Darwin)
      var usage = rusage()
      guard getrusage(RUSAGE_SELF, &usage) == 0 else { return nil }
      return usage.ru_maxrss
    #else
      // Not getrusage: Linux counts there what the parent had before the program began.
      guard let bytes = try? FileSystem.contents(of: "/proc/self/status", limit: 1 << 20) else {
        return nil
      }
      return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        .first { $0.hasPrefix("VmHWM:") }
        .flatMap { Int($0.filter(\.isNumber)) }
        .map { $0 * 1024 }
    #endif
  }
}
