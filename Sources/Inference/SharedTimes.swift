import Synchronization
import Tensors

/// Where the time of all workers went.
final class SharedTimes: Sendable {
  private let sum = Mutex(StageTimes())

  func add(_ times: StageTimes) { sum.withLock { $0 += times } }

  /// What came together since it was taken last.
  func take() -> StageTimes {
    sum.withLock { sum in
      defer { sum = StageTimes() }
      return sum
    }
  }
}
