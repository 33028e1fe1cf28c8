import Synchronization
import TestSupport
import Testing

@testable import Tensors

@Suite struct TeamTests {
  private final class Counts: Sendable {
    let counts: Mutex<[Int]>
    init(_ parts: Int) { counts = Mutex([Int](repeating: 0, count: parts)) }
    func add(_ part: Int) { counts.withLock { $0[part] += 1 } }
  }

  @Test(arguments: [2, 3, 8])
  func everyPartOfEveryJobRunsOnce(_ size: Int) throws {
    let team = try #require(Team(size: size))
    for job in 0..<3000 {
      let parts = 1 + job % 11
      let counts = Counts(parts)
      team.run(parts: parts) { counts.add($0) }
      #expect(counts.counts.withLock { $0.allSatisfy { $0 == 1 } })
    }
  }

  @Test func membersThatFellAsleepComeBack() async throws {
    let team = try #require(Team(size: 4))
    for _ in 0..<20 {
      try await Task.sleep(for: .milliseconds(3))
      let counts = Counts(64)
      team.run(parts: 64) { counts.add($0) }
      #expect(counts.counts.withLock { $0.allSatisfy { $0 == 1 } })
    }
  }

  @Test func aTeamOfOneIsNone() {
    #expect(Team(size: 1) == nil)
    #expect(Team(size: 0) == nil)
    #expect(Team(size: -3) == nil)
  }

  @Test(arguments: [0, 1, 31, 32, 100, 3072], [1, 16])
  func splittingCoversTheRangeOnce(_ count: Int, step: Int) {
    let workspace = Workspace()
    for size in [1, 2, 3, 7] {
      workspace.team = Team(size: size)
      for cost in [1, 260, 8192, 1 << 18] {
        let counts = Counts(count)
        workspace.split(count, step: step, cost: cost) { part, range in
          precondition(part < max(size, 1))
          for index in range { counts.add(index) }
        }
        #expect(counts.counts.withLock { $0.allSatisfy { $0 == 1 } })
      }
    }
  }

  /// Large enough that every layer is shared out.
  @Test func aTeamGivesTheSameNumbers() throws {
    let (rows, size) = (96, 768)
    var generator = SeededGenerator(seed: 1)
    func values(_ rows: Int, _ columns: Int) -> [[Float]] {
      (0..<rows).map { _ in (0..<columns).map { _ in Float.random(in: -1...1, using: &generator) } }
    }
    let input = values(rows, size)
    let bias = Vector(values(1, size)[0])
    let weight = Weight(values(size, size))
    let layer = Linear(
      weight: StoredMatrix(weight), bias: bias, options: LinearOptions(products: .blas))
    let packed = Linear(
      weight: StoredMatrix(weight), bias: bias, activation: .tanh,
      options: LinearOptions(products: .engine))
    let norm = LayerNorm(weight: bias, bias: bias, epsilon: 1e-5)
    let attention = Attention(
      headCount: 12, headSize: 64, queryBias: bias, keyBias: bias, valueBias: bias)
    func pass(_ team: Team?) -> [[Float]] {
      let workspace = Workspace()
      workspace.team = team
      let state = Matrix(input)
      let output = workspace.matrix(rows: rows, columns: size)
      layer(state, into: output, workspace: workspace)
      Activation.gelu.apply(to: output, adding: bias, workspace: workspace)
      packed(output, into: state, workspace: workspace)
      norm.apply(to: output, adding: bias, residual: state, workspace: workspace)
      attention(query: output, key: output, value: state, into: output, workspace: workspace)
      return (0..<rows).map { output.row($0) }
    }
    let alone = pass(nil)
    for size in [2, 3, 5] {
      let team = Team(size: size)
      #expect(team != nil)
      for (a, b) in zip(pass(team), alone) {
        for (x, y) in zip(a, b) { #expect(abs(x - y) < 1e-4) }
      }
    }
  }
}
