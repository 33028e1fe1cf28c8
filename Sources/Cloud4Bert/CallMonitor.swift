import Inference

/// Watches the calls that a task makes of classifiers, extractors and other uses of models, and can end
/// them: for servers, whose clients want to know where the time went and do not wait for ever.
///
///     let monitor = CallMonitor()
///     let answers = try await monitor.run { try await classifier.classify(texts) }
///     print(monitor.times.queue)
public struct CallMonitor: Sendable {
  /// Where the time of answered texts went, on average.
  public struct Times: Sendable {
    /// How many texts were answered.
    public let texts: Int
    public let tokenization: Duration
    /// Waiting for a core, and for the other texts of a batch.
    public let queue: Duration
    /// In the model, of the whole batch that a text was in.
    public let inference: Duration
    /// How many sequences the largest of the batches had.
    public let largestBatch: Int
  }

  private let record = CallRecord(fault: CallExpired())

  public init() {}

  /// Runs `body`, of whose calls ``times`` tells, and which ``expire()`` ends.
  public func run<Value>(_ body: () async throws -> Value) async rethrows -> Value {
    try await CallRecord.$current.withValue(record, operation: body)
  }

  /// Of the calls so far.
  public var times: Times {
    let times = record.times
    let count = max(1, times.inputs)
    return Times(
      texts: times.inputs, tokenization: times.tokenization / count, queue: times.queue / count,
      inference: times.inference / count, largestBatch: times.largestBatch)
  }

  /// Ends the calls under way, which throw ``CallExpired``: their texts leave the queue.
  public func expire() { record.expire() }
}

/// A call whose ``CallMonitor`` had enough of it.
public struct CallExpired: Error, Sendable, CustomStringConvertible {
  public var description: String { "the call took too long and was ended" }
}
