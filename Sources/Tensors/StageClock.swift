#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What a classifier does with a batch, one after another; the stages of a layer come once a layer.
public enum Stage: Int, Sendable, CaseIterable {
  case tokenization
  /// Looking words, positions and token types up, their sum and its layer norm.
  case embeddings
  /// The three products in front of the attention.
  case queryKeyValue
  case attention
  /// The product behind the attention.
  case attentionOutput
  case attentionNorm
  /// The first product of the feed-forward block.
  case intermediate
  /// The activation where it is not part of that product.
  case activation
  /// The second product of the feed-forward block.
  case output
  case outputNorm
  /// What stands above the encoder.
  case head
  /// The way from logits to labels and scores.
  case answers
}

/// How long each stage took.
public struct StageTimes: Sendable, Equatable {
  private var nanoseconds = [UInt64](repeating: 0, count: Stage.allCases.count)

  public init() {}

  /// Seconds; those of several threads add up.
  public subscript(stage: Stage) -> Double { Double(nanoseconds[stage.rawValue]) * 1e-9 }

  /// Seconds of all stages.
  public var sum: Double { Double(nanoseconds.reduce(0, +)) * 1e-9 }

  public static func += (times: inout StageTimes, others: StageTimes) {
    for index in times.nanoseconds.indices { times.nanoseconds[index] += others.nanoseconds[index] }
  }

  mutating func add(_ nanoseconds: UInt64, to stage: Stage) {
    self.nanoseconds[stage.rawValue] += nanoseconds
  }
}

/// Takes the time of stages as a stopwatch takes laps: the end of one is the beginning of the next, so
/// that nothing falls between two. For the thread of one ``Workspace``.
public final class StageClock {
  public private(set) var times = StageTimes()
  private var last = StageClock.now

  public init() {}

  /// Leaves out the time since the last lap.
  public func start() { last = Self.now }

  /// Ends a stage, which began with the last lap or start.
  public func lap(_ stage: Stage) {
    let now = Self.now
    times.add(now - last, to: stage)
    last = now
  }

  /// In nanoseconds. The system's call rather than `ContinuousClock`, which takes twice as long.
  private static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
