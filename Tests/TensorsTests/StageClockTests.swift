import Testing

@testable import Tensors

@Suite struct StageClockTests {
  @Test func lapsAddUp() async throws {
    let clock = StageClock()
    clock.start()
    let start = ContinuousClock.now
    try await Task.sleep(for: .milliseconds(5))
    clock.lap(.attention)
    clock.lap(.head)
    try await Task.sleep(for: .milliseconds(3))
    clock.lap(.attention)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    #expect(clock.times[.attention] >= 0.008 && clock.times[.head] < 0.003)
    #expect(clock.times[.output] == 0)
    #expect(clock.times.sum <= seconds && clock.times.sum > 0.9 * seconds)
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
