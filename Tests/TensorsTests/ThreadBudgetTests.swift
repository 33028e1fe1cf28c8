import Testing

@testable import Tensors

@Suite struct ThreadBudgetTests {
  private func budget(
    processors: Int = 8, allowed: Int = 8, quotas: [ControlGroupQuota] = [],
    environment: String? = nil
  ) -> ThreadBudget {
    ThreadBudget(
      processors: processors, allowed: allowed, quotas: quotas, environment: environment)
  }

  private func check(_ budget: ThreadBudget, _ threads: Int, _ limit: ThreadBudget.Limit) {
    #expect(budget.threads == threads)
    #expect(budget.limit == limit)
  }

  @Test func theSmallestDecides() {
    let quotas = [
      ControlGroupQuota(threads: 6, file: "/inner"), ControlGroupQuota(threads: 3, file: "/outer"),
    ]
    check(budget(), 8, .processors)
    check(budget(allowed: 0), 8, .processors)
    check(budget(allowed: 2), 2, .affinity)
    check(budget(quotas: quotas), 3, .controlGroup(file: "/outer"))
    check(budget(allowed: 2, quotas: quotas), 2, .affinity)
    check(budget(quotas: quotas, environment: "1"), 1, .environment)
    check(budget(environment: "16"), 8, .processors)
    check(budget(processors: 0), 1, .processors)
  }

  @Test func theEnvironmentTellsANumber() {
    check(budget(environment: "4,2"), 4, .environment)
    check(budget(environment: " 5 "), 5, .environment)
    for text in ["", "0", "-3", "many", "2x", ",2"] {
      check(budget(environment: text), 8, .processors)
    }
  }

  @Test func quotasOfVersion2() {
    // A container of its own sees its group as the root.
    let mounts =
      "30 23 0:26 / /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup rw,nsdelegate\n"
    func quotas(_ files: [String: String], group: String = "0::/\n") -> [ControlGroupQuota] {
      let all = files.merging(
        ["/proc/self/cgroup": group, "/proc/self/mountinfo": mounts], uniquingKeysWith: { $1 })
      return ControlGroupQuota.all { all[$0] }
    }
    #expect(
      quotas(["/sys/fs/cgroup/cpu.max": "150000 100000\n"]) == [
        ControlGroupQuota(threads: 2, file: "/sys/fs/cgroup/cpu.max")
      ])
    #expect(quotas(["/sys/fs/cgroup/cpu.max": "100000 100000\n"]).map(\.threads) == [1])
    #expect(quotas(["/sys/fs/cgroup/cpu.max": "1000 100000\n"]).map(\.threads) == [1])
    #expect(quotas(["/sys/fs/cgroup/cpu.max": "max 100000\n"]) == [])
    #expect(quotas(["/sys/fs/cgroup/cpu.max": "what"]) == [])
    #expect(quotas([:]) == [])
    // The groups around it count too.
    let nested = quotas(
      [
        "/sys/fs/cgroup/a.slice/cpu.max": "300000 100000",
        "/sys/fs/cgroup/a.slice/b.service/cpu.max": "max 100000",
        "/sys/fs/cgroup/b.service/cpu.max": "100000 100000",
      ], group: "1:name=systemd:/x\n0::/a.slice/b.service\n")
    #expect(nested == [ControlGroupQuota(threads: 3, file: "/sys/fs/cgroup/a.slice/cpu.max")])
    // A path from outside of what can be seen.
    #expect(
      quotas(["/sys/fs/cgroup/cpu.max": "200000 100000"], group: "0::/../../other\n").map(\.threads)
        == [2])
  }

  @Test func quotasOfVersion1() {
    let files = [
      "/proc/self/cgroup": "5:memory:/docker/1f\n4:cpu,cpuacct:/docker/1f\n0::/\n",
      // Docker without namespaces for groups: the mount shows the container's part.
      "/proc/self/mountinfo": """
      31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
      35 31 0:32 /docker/1f /sys/fs/cgroup/memory ro,relatime master:15 - cgroup cgroup rw,memory
      36 31 0:33 /docker/1f /sys/fs/cgroup/cpu,cpuacct ro,relatime master:16 - cgroup cgroup rw,cpu,cpuacct
      """,
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "250000\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    ]
    #expect(
      ControlGroupQuota.all { files[$0] } == [
        ControlGroupQuota(threads: 3, file: "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us")
      ])
    let unlimited = files.merging(
      ["/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n"], uniquingKeysWith: { $1 })
    #expect(ControlGroupQuota.all { unlimited[$0] } == [])
    #expect(ControlGroupQuota.all { _ in nil } == [])
    #expect(ControlGroupQuota.all { _ in "- - : \n::\n- cgroup x cpu" } == [])
  }

  @Test func thisProcessHasABudget() {
    #expect(ThreadBudget.current.threads >= 1)
  }
}
