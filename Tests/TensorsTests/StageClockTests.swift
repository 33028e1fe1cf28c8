import Testing

@testable import Tensors

@Suite struct StageClockTests {
  @Test func lapsAddUp() async throws {
    let clock = StageClock()
    let start = ContinuousClock.now
    clock.start()
    try await Task.sleep(for: .milliseconds(5))
    clock.lap(.attention)
    clock.lap(.head)
    try await Task.sleep(for: .milliseconds(3))
    clock.lap(.attention)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let times = clock.times
    #expect(times[.attention] >= 0.008 && times[.output] == 0)
    #expect(abs(times.sum - times[.attention] - times[.head]) < 1e-9)
    #expect(times.sum <= seconds)
    var twice = clock.times
    twice += clock.times
    #expect(abs(twice[.attention] - 2 * clock.times[.attention]) < 1e-9)
  }

  @Test func withoutAClockNothingHappens() {
    let workspace = Workspace()
    workspace.lap(.head)
    #expect(workspace.clock == nil)
    workspace.clock = StageClock()
    workspace.lap(.head)
    #expect(workspace.clock?.times[.head] ?? 0 > 0)
  }
}
