import Cloud4Bert

/// All that was measured of one model.
struct ModelFigures {
  let model: BenchmarkedModel
  let opened: OpenedModel
  let tokenCount: Int
  let truncated: Int
  /// Texts a second, a value a round.
  let textRates: Samples
  /// Seconds from a warm text to its answer, with all threads on it.
  let latencies: Samples
  /// Seconds to open the model's files, in new processes; nil for random weights.
  let openings: Samples?
  /// Seconds from the start of a new process to its first label; nil for random weights.
  let starts: Samples?
  /// Bytes.
  let peakMemory: Int?
  /// How well it does, where the texts have labels that are the model's.
  let accuracy: Double?
  let weightedF1: Double?
  /// Of the texts, the share that the first model gives the same label; nil for that one, and where
  /// their labels are not the same.
  let agreement: Double?
  /// How far its scores are from those of the first model; nil as above.
  let scoreDifference: ScoreDifference?
  /// How many times as fast as the first model, by rounds; nil for that one.
  let speedup: Double?
  let profile: BenchmarkProfile?
  let textCount: Int

  /// Past this, what else the machine did shows in the figures.
  static let unsteadySpread = 0.1

  var isUnsteady: Bool { textRates.spread > Self.unsteadySpread }

  var textsPerSecond: Double { textRates.median }
  /// Tokenisation included.
  var tokensPerSecond: Double { textRates.median * Double(tokenCount) / Double(textCount) }
}

/// The outcome of a benchmark.
struct BenchmarkReport {
  /// The first is what the others are compared with.
  let models: [ModelFigures]
  let file: String
  let textCount: Int
  let rounds: Int
  let batchTokens: Int
  let blasCore: String
  let kernels: String
  let processor: String
  /// What a person should know of the figures, a line each.
  let notes: [String]

  var threads: Int { models[0].opened.threads }
}
