/// When work is shared among threads: where each gets so much that it is not done before another has begun.
/// The unit is a multiplication of single precision by the engine's kernels.
enum Work {
  /// What a share must take at least: some microseconds.
  private static let worthSharing = 1 << 18
  /// Of reading, computing and writing an element, in kernels that go row by row.
  static let element = 32

  /// Calls `body` with ranges that together are `0..<count`, each of a part of its own, on all threads of
  /// the team where that is worth it.
  ///
  /// - Parameters:
  ///   - step: All ranges but the last are multiples of it long.
  ///   - cost: Of one of `count`.
  ///   - team: Nil for the calling thread alone.
  static func share(
    _ count: Int, step: Int, cost: Int, among team: Team?,
    _ body: (_ part: Int, Range<Int>) -> Void
  ) {
    let minimum = max(step, worthSharing / max(cost, 1))
    guard let team, count >= 2 * minimum else { return body(0, 0..<count) }
    let parts = min(team.size, count / minimum)
    let share = ((count + parts - 1) / parts + step - 1) / step * step
    team.run(parts: parts) { part in
      let range = min(part * share, count)..<min((part + 1) * share, count)
      if !range.isEmpty { body(part, range) }
    }
  }
}
