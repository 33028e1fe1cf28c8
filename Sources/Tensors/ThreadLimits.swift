#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What the system says of how many threads there may be.
package struct ThreadLimits {
  /// Whether a limit might keep the process from starting so many more threads, as far as its limits
  /// tell without trying.
  ///
  /// - Parameter count: Threads that the process has not started yet.
  package static func mayRefuse(_ count: Int) -> Bool {
    ThreadLimits(
      processes: limit(Resource.processes), addressSpace: mostAddressSpace,
      reading: KernelFile.contents
    ).mayRefuse(count)
  }

  /// How many bytes of address space the process may have; nil for any number.
  package static var mostAddressSpace: UInt64? { limit(Resource.addressSpace) }

  /// Processes and threads of the user; nil for any number.
  private let processes: UInt64?
  /// Bytes, which the stacks of threads take too; nil for any number.
  private let addressSpace: UInt64?
  /// All threads of the system; nil where it does not tell.
  private let running: UInt64?
  /// Of each control group: how many threads it may have, and how many it has.
  private let groups: [(most: UInt64, running: UInt64?)]

  init(processes: UInt64?, addressSpace: UInt64?, reading read: (String) -> String?) {
    self.processes = processes
    self.addressSpace = addressSpace
    // "0.42 0.36 0.32 3/1205 4711": of 1205 threads 3 run.
    let load = read("/proc/loadavg")?.split(whereSeparator: { $0 == " " || $0 == "/" })
    running = load.flatMap { $0.count > 4 ? UInt64($0[4]) : nil }
    groups = ControlGroup.all(with: "pids", reading: read).compactMap { group in
      func number(_ name: String) -> UInt64? {
        read("\(group.folder)/\(name)").flatMap { UInt64($0.filter { !$0.isWhitespace }) }
      }
      // "max" stands for no limit.
      return number("pids.max").map { ($0, number("pids.current")) }
    }
  }

  func mayRefuse(_ count: Int) -> Bool {
    let more = UInt64(count)
    func isTight(_ most: UInt64, _ running: UInt64?) -> Bool {
      guard let running else { return true }
      return running.addingReportingOverflow(more).partialValue > most
    }
    if addressSpace != nil { return true }
    // The user has no more threads than the system.
    if let processes, isTight(processes, running) { return true }
    return groups.contains { isTight($0.most, $0.running) }
  }

  private enum Resource {
    #if canImport(Glibc)
      typealias Number = __rlimit_resource_t
      static let processes = Number(__RLIMIT_NPROC.rawValue)
      static let addressSpace = Number(RLIMIT_AS.rawValue)
    #else
      typealias Number = Int32
      static let processes = RLIMIT_NPROC
      static let addressSpace = RLIMIT_AS
    #endif
  }

  private static func limit(_ resource: Resource.Number) -> UInt64? {
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0, limit.rlim_cur < rlim_t(Int.max) else { return nil }
    return UInt64(limit.rlim_cur)
  }
}
