#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A benchmark as JSON: an object for each model, on a line of its own.
struct BenchmarkObject: Encodable {
  let model: String
  let folder: String?
  let architecture: String
  let randomWeights: Bool
  let layers: Int
  let hiddenSize: Int
  let parameters: Int
  let fileBytes: Int?
  let precision: String
  let products: String
  let texts: Int
  let tokens: Int
  let truncated: Int
  let textsPerSecond: Double
  let tokensPerSecond: Double
  let textsPerSecondByRound: [Double]
  let spread: Double
  let unsteady: Bool
  let singleTextSeconds: Percentiles
  let openSeconds: Double?
  let firstLabelSeconds: Double?
  let peakMemoryBytes: Int?
  let comparedWith: String?
  let speedup: Double?
  let agreement: Double?
  let scoreDifference: Difference?
  let accuracy: Double?
  let weightedF1: Double?
  let profile: Profile?
  let settings: Settings
  let blasCore: String
  let kernels: String
  let processor: String
  let notes: [String]

  struct Percentiles: Encodable {
    let p50: Double
    let p90: Double
    let p99: Double
    let count: Int
  }

  struct Difference: Encodable {
    let mean: Double
    let largest: Double
  }

  struct Settings: Encodable {
    let input: String
    let threads: Int
    let batchTokens: Int
    let maxLength: Int
    let rounds: Int
  }

  struct Profile: Encodable {
    let seconds: Double
    let threads: Int
    /// Of the time of all threads, by the stages together.
    let accountedShare: Double
    let peakGflopsPerThread: Double
    let stages: [Stage]

    struct Stage: Encodable {
      let stage: String
      let seconds: Double
      let share: Double
      let gflopsPerThread: Double?
      let shareOfPeak: Double?
    }

    init(_ profile: BenchmarkProfile) {
      seconds = profile.seconds
      threads = profile.threads
      accountedShare = profile.accounted
      peakGflopsPerThread = profile.peak / 1e9
      stages = profile.entries.map { entry in
        let rate = entry.seconds > 0 ? entry.operations.map { $0 / entry.seconds } : nil
        return Stage(
          stage: entry.stage, seconds: entry.seconds,
          share: profile.sum > 0 ? entry.seconds / profile.sum : 0,
          gflopsPerThread: rate.map { $0 / 1e9 }, shareOfPeak: rate.map { $0 / profile.peak })
      }
    }
  }

  init(_ figures: ModelFigures, of report: BenchmarkReport) {
    model = figures.model.name
    folder = figures.opened.folder
    architecture = figures.opened.architecture
    randomWeights = figures.model.isRandom
    layers = figures.opened.layers
    hiddenSize = figures.opened.hiddenSize
    parameters = figures.opened.parameters
    fileBytes = figures.opened.fileBytes
    precision = figures.opened.precision
    products = figures.opened.kernel
    texts = report.textCount
    tokens = figures.tokenCount
    truncated = figures.truncated
    textsPerSecond = figures.textsPerSecond
    tokensPerSecond = figures.tokensPerSecond
    textsPerSecondByRound = figures.textRates.values
    spread = figures.textRates.spread
    unsteady = figures.isUnsteady
    singleTextSeconds = Percentiles(
      p50: figures.latencies.percentile(50), p90: figures.latencies.percentile(90),
      p99: figures.latencies.percentile(99), count: figures.latencies.values.count)
    openSeconds = figures.openings?.median
    firstLabelSeconds = figures.starts?.median
    peakMemoryBytes = figures.peakMemory
    comparedWith = figures.speedup == nil ? nil : report.models[0].model.name
    speedup = figures.speedup
    agreement = figures.agreement
    scoreDifference = figures.scoreDifference.map {
      Difference(mean: $0.mean, largest: $0.largest)
    }
    accuracy = figures.accuracy
    weightedF1 = figures.weightedF1
    profile = figures.profile.map(Profile.init)
    settings = Settings(
      input: report.file, threads: figures.opened.threads, batchTokens: report.batchTokens,
      maxLength: figures.opened.maxLength, rounds: report.rounds)
    blasCore = report.blasCore
    kernels = report.kernels
    processor = report.processor
    notes = report.notes
  }

  /// The objects, each with a line break.
  static func bytes(_ report: BenchmarkReport) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try report.models.flatMap { figures in
      Array(try encoder.encode(BenchmarkObject(figures, of: report))) + [UInt8(ascii: "\n")]
    }
  }
}
