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
    /// Those that the scheduler lets the process run on: `taskset`, cpusets.
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

  /// At least 1.
  public let threads: Int
  public let limit: Limit

  /// That of this process, looked up once.
  public static let current = ThreadBudget(
    processors: sysconf(Int32(_SC_NPROCESSORS_ONLN)), allowed: Int(c4b_allowed_processors()),
    quotas: ControlGroupQuota.all(reading: contents),
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

  /// A small file of the kernel's, which tells no size beforehand.
  private static func contents(of path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while bytes.count < 1 << 20 {
      let count = fread(&buffer, 1, buffer.count, file)
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
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
    guard let groups = read("/proc/self/cgroup"), let mounts = read("/proc/self/mountinfo") else {
      return []
    }
    return mounts.split(separator: "\n").compactMap { Mount($0) }.flatMap { mount in
      mount.folders(of: groups).compactMap { mount.quota(in: $0, reading: read) }
    }
  }

  private struct Mount {
    let root: String
    let point: String
    let isVersion2: Bool

    /// A line of mountinfo: "id parent major:minor root point options … - type source options".
    init?(_ line: Substring) {
      let fields = line.split(separator: " ")
      guard let dash = fields.firstIndex(of: "-"), fields.count > dash + 3, dash > 5 else {
        return nil
      }
      switch fields[dash + 1] {
      case "cgroup2": isVersion2 = true
      case "cgroup" where fields[dash + 3].split(separator: ",").contains("cpu"):
        isVersion2 = false
      default: return nil
      }
      root = String(fields[3])
      point = String(fields[4])
    }

    /// The process's folder and those around it, the innermost first.
    func folders(of groups: String) -> [String] {
      for line in groups.split(separator: "\n") {
        // "number:controllers:path", with the number 0 and no controllers in version 2.
        let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3,
          isVersion2 ? parts[1].isEmpty : parts[1].split(separator: ",").contains("cpu")
        else { continue }
        var path = parts[2]
        // A container may see its own part of the tree alone, under the path that it has outside.
        if root != "/", path.hasPrefix(root) { path = path.dropFirst(root.count) }
        var names = path.split(separator: "/")
        if names.contains("..") { names = [] }
        return (0...names.count).reversed().map { count in
          names[..<count].reduce(point) { "\($0)/\($1)" }
        }
      }
      return []
    }

    func quota(in folder: String, reading read: (String) -> String?) -> ControlGroupQuota? {
      let file = folder + (isVersion2 ? "/cpu.max" : "/cpu.cfs_quota_us")
      guard var numbers = read(file)?.split(whereSeparator: \.isWhitespace) else { return nil }
      if !isVersion2 {
        numbers += read(folder + "/cpu.cfs_period_us")?.split(whereSeparator: \.isWhitespace) ?? []
      }
      // "max" and -1 stand for none.
      guard numbers.count == 2, let quota = Int(numbers[0]), let period = Int(numbers[1]),
        quota > 0, period > 0
      else { return nil }
      return ControlGroupQuota(threads: (quota - 1) / period + 1, file: file)
    }
  }
}
