import Testing

@testable import Tensors

@Suite struct ThreadLimitsTests {
  private static let mounts =
    "30 23 0:26 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw,nsdelegate\n"

  private func limits(
    processes: UInt64? = nil, addressSpace: UInt64? = nil, _ files: [String: String] = [:]
  ) -> ThreadLimits {
    let all = files.merging(
      [
        "/proc/self/cgroup": "0::/a/b\n", "/proc/self/mountinfo": Self.mounts,
        "/proc/loadavg": "0.42 0.36 0.32 3/1205 4711\n",
      ], uniquingKeysWith: { $1 })
    return ThreadLimits(processes: processes, addressSpace: addressSpace) { all[$0] }
  }

  @Test func withoutLimitsNothingIsRefused() {
    #expect(!limits().mayRefuse(200))
    #expect(!limits(["/sys/fs/cgroup/a/b/pids.max": "max\n"]).mayRefuse(200))
  }

  @Test func aLimitOfProcessesCountsWhereItIsNear() {
    #expect(!limits(processes: 1_405).mayRefuse(200))
    #expect(limits(processes: 1_404).mayRefuse(200))
    // Nobody tells how many there are.
    let silent = ThreadLimits(processes: 1_000_000, addressSpace: nil) { _ in nil }
    #expect(silent.mayRefuse(1))
    #expect(!ThreadLimits(processes: nil, addressSpace: nil) { _ in nil }.mayRefuse(1))
  }

  @Test func anyLimitOfAddressSpaceCounts() {
    #expect(limits(addressSpace: 1 << 40).mayRefuse(1))
  }

  @Test(arguments: ["/sys/fs/cgroup/a/b", "/sys/fs/cgroup/a", "/sys/fs/cgroup"])
  func everyGroupAroundTheProcessCounts(folder: String) {
    func group(_ most: Int, _ running: String?) -> ThreadLimits {
      var files = ["\(folder)/pids.max": "\(most)\n"]
      files["\(folder)/pids.current"] = running
      return limits(files)
    }
    #expect(!group(64, "44\n").mayRefuse(20))
    #expect(group(64, "45\n").mayRefuse(20))
    #expect(group(1_000_000, nil).mayRefuse(20))
  }
}
