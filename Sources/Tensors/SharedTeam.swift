import Synchronization

/// One team for many callers, made when it is first wanted. Whoever finds it taken works alone: then
/// the cores are busy anyway.
package final class SharedTeam: Sendable {
  private enum State {
    case unmade
    case idle(Team)
    /// Taken, or not to be had.
    case away
  }

  private let size: Int
  private let state = Mutex(State.unmade)

  package init(size: Int) {
    self.size = size
  }

  /// Calls `body` with the team, or with nil where it is taken.
  package func borrow<Result>(_ body: (Team?) throws -> Result) rethrows -> Result {
    let team = state.withLock { state -> Team? in
      defer { state = .away }
      return switch state {
      case .unmade: Team(size: size)
      case .idle(let team): team
      case .away: nil
      }
    }
    defer {
      if let team { state.withLock { $0 = .idle(team) } }
    }
    return try body(team)
  }
}
