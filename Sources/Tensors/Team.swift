import CKernels

/// Threads that work on one forward pass together, each on some columns of a product, some heads, or
/// some rows: for one text on several cores. Files of texts are better served by a pass on each core.
///
/// One pass at a time may use a team.
public final class Team: @unchecked Sendable {
  /// Threads, the caller's included.
  public let size: Int

  // The C side synchronises its threads; `run` is called by one thread at a time.
  private let team: OpaquePointer

  /// Returns nil for a size below 2, and where the system gives no threads.
  public init?(size: Int) {
    guard let team = c4b_team_create(Int32(min(max(size, 0), 256))) else { return nil }
    self.team = team
    self.size = Int(c4b_team_size(team))
  }

  deinit {
    c4b_team_destroy(team)
  }

  private struct Job {
    let body: (Int) -> Void
  }

  /// Calls `body` once with each number below `parts`, on all threads, and returns when all calls have.
  public func run(parts: Int, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      var job = Job(body: body)
      withUnsafeMutablePointer(to: &job) { pointer in
        c4b_team_run(
          team, Int32(parts),
          { context, part in
            context!.assumingMemoryBound(to: Job.self).pointee.body(Int(part))
          }, pointer)
      }
    }
  }
}
