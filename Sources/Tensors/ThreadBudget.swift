import CKernels

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// How many threads to compute on where nobody says: as many as the system really gives this process,
/// since more only take turns. In a container that is often fewer than the machine has processors.
public struct ThreadBudget: Sendable, Equatable {
  /// What allows the fewest threads.
  public enum Limit: Sendable, Equatable, CustomStringConvertible {
    /// The processors that are online.
    case processors
    /// The cores that the scheduler lets the process run on: `taskset`, cpusets.
    case affinity
    /// The time that a control group may use, of this file: `docker --cpus`, Kubernetes' limits.
    case controlGroup(file: String)
    /// `OMP_NUM_THREADS`, which other libraries heed too.
    case environment

    public var description: String {
      switch self {
      case .processors: "the processors online"
      case .affinity: "the processors that this process may run on (taskset, cpuset)"
      case .controlGroup(let file): "the control group's quota, \(file)"
      case .environment: "OMP_NUM_THREADS"
      }
    }
  }

  /// How many threads may be asked for: more than any machine has cores, and few enough that the
  /// system gives them.
  package static let allowed = 1...4096

  /// How many threads are right; at least 1.
  public let threads: Int
  public let limit: Limit

  /// The budget of this process, looked up once.
  public static let current = ThreadBudget(
    processors: sysconf(Int32(_SC_NPROCESSORS_ONLN)), allowed: Int(c4b_allowed_processors()),
    quotas: ControlGroupQuota.all(reading: KernelFile.contents),
    environment: getenv("OMP_NUM_THREADS").map { String(cString: $0) })

  /// - Parameters:
  ///   - processors: Those online.
  ///   - allowed: Those that the process may run on; 0 where that is not known.
  ///   - environment: Of `OMP_NUM_THREADS`: a number, or one a level, of which the first counts.
  init(processors: Int, allowed: Int, quotas: [ControlGroupQuota], environment: String?) {
    var candidates = [(max(1, processors), Limit.processors)]
    if allowed > 0 { candidates.append((allowed, .affinity)) }
    candidates += quotas.map { ($0.threads, .controlGroup(file: $0.file)) }
    let level = environment?.split(separator: ",", omittingEmptySubsequences: false).first
    if let number = level.flatMap({ Int($0.filter { $0 != " " }) }), number > 0 {
      candidates.append((number, .environment))
    }
    // Of equal ones the first: what is the same everywhere needs no further reason.
    var least = candidates[0]
    for candidate in candidates where candidate.0 < least.0 { least = candidate }
    (threads, limit) = least
  }
}

/// The processor time that a control group of Linux may use.
struct ControlGroupQuota: Equatable {
  /// Processors' worth, rounded up.
  let threads: Int
  /// Where it is set.
  let file: String

  /// The quotas of the process's own group and of all groups around it, as far as they can be seen
  /// from here, of both versions of control groups.
  ///
  /// - Parameter read: The contents of a file, nil where there is none.
  static func all(reading read: (String) -> String?) -> [ControlGroupQuota] {
    ControlGroup.all(with: "cpu", reading: read).compactMap { quota(of: $0, reading: read) }
  }

  private static func quota(
    of group: ControlGroup, reading read: (String) -> String?
  ) -> ControlGroupQuota? {
    let file = group.folder + (group.isVersion2 ? "/cpu.max" : "/cpu.cfs_quota_us")
    guard var numbers = read(file)?.split(whereSeparator: \.isWhitespace) else { return nil }
    if !group.isVersion2 {
      let period = read(group.folder + "/cpu.cfs_period_us")
      numbers += period?.split(whereSeparator: \.isWhitespace) ?? []
    }
    // "max" and -1 stand for none.
    guard numbers.count == 2, let quota = Int(numbers[0]), let period = Int(numbers[1]),
      quota > 0, period > 0
    else { return nil }
    return ControlGroupQuota(threads: (quota - 1) / period + 1, file: file)
  }
}
