/// A model to be measured.
struct BenchmarkedModel: Codable, Equatable {
  enum Weights: Codable, Equatable {
    case folder(String)
    /// Random ones, in the published sizes of a family or as a folder's `config.json` has them.
    case published(family: String, tokenizer: String)
    case shape(folder: String, tokenizer: String)
  }

  /// What tables call it.
  var name: String
  let weights: Weights
  /// Nil for what is best on this machine.
  var precision: String?
  /// The same.
  var products: String?

  var isRandom: Bool {
    if case .folder = weights { false } else { true }
  }
}

/// What is needed to open a model and give it texts.
struct BenchmarkSetup: Codable {
  let model: BenchmarkedModel
  var texts: [String]
  /// The second text of each pair, where there are pairs.
  var pairs: [String]?
  let threads: Int?
  let batchTokens: Int
  let maxLength: Int?
}

/// What the benchmark asks of a model's process: a line of JSON each, and for each one a line back.
enum BenchmarkRequest: Codable {
  case open(BenchmarkSetup)
  /// Classify every text once, and tell what came out.
  case answers
  /// Classify every text so many times.
  case round(repeats: Int)
  /// Classify these texts one by one.
  case single([Int])
  case memory
  case profile(repeats: Int)
}

enum BenchmarkReply: Codable {
  case opened(OpenedModel)
  case answers(BenchmarkAnswers)
  case seconds([Double])
  case memory(Int?)
  case profile(BenchmarkProfile)
  /// In the words of the error that it was.
  case failed(String)
}

/// What is known of a model once it is open.
struct OpenedModel: Codable, Equatable {
  let folder: String?
  let architecture: String
  let labels: [String]
  /// Whether it chooses one of its labels.
  let choosesOne: Bool
  let layers: Int
  let hiddenSize: Int
  let parameters: Int
  /// Of the weights' files; nil for random ones.
  let fileBytes: Int?
  let precision: String
  /// The code that computes its products.
  let kernel: String
  let threads: Int
  let maxLength: Int
  /// To open its files.
  let seconds: Double
}

struct BenchmarkAnswers: Codable {
  /// The label id with the highest score.
  let best: [Int]
  /// Those of all labels, text by text, by their bits: JSON has no infinity.
  let scores: [UInt32]
  let tokenCounts: [Int]
  let truncated: Int
  let seconds: Double
}

/// Where the time of forward passes goes.
struct BenchmarkProfile: Codable, Equatable {
  struct Entry: Codable, Equatable {
    let stage: String
    /// Of all threads together.
    let seconds: Double
    /// Of its products; nil where there are none.
    let operations: Double?
  }

  let entries: [Entry]
  /// On the clock on the wall.
  let seconds: Double
  let threads: Int
  /// The fastest product of each of so many threads, in operations a second.
  let peak: Double

  /// How much of the time of all threads the stages account for. The rest is threads that wait for
  /// the last batch, and handing texts out.
  var accounted: Double { sum / (seconds * Double(threads)) }

  /// The stages that there are: where the activation is part of a product, it takes no time.
  var stages: [Entry] { entries.filter { $0.seconds > 0 } }

  var sum: Double { entries.reduce(0) { $0 + $1.seconds } }
}
