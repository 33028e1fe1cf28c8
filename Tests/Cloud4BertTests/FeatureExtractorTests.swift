import Checkpoints
import Cloud4Bert
import Foundation
import TestSupport
import Testing

/// The features that transformers computes; `Scripts/fixtures/features.py` writes them.
@Suite struct FeatureExtractorTests {
  struct Reference: Decodable {
    let text: String
    /// By pooling, for the embeddings and each layer.
    let layers: [[String: [Float]]]
    let none: [[Float]]
    let pooler: [Float]?
    let preClassifier: [Float]?

    enum CodingKeys: String, CodingKey {
      case text, layers, none, pooler
      case preClassifier = "pre-classifier"
    }
  }

  private func references(_ name: String) throws -> [Reference] {
    try JSONDecoder().decode(
      [Reference].self,
      from: Data(contentsOf: fixturesFolder.appending(path: "features/\(name).json")))
  }

  private func extractor(
    _ name: String, _ options: FeatureExtractor.Options
  ) throws -> FeatureExtractor {
    try FeatureExtractor(
      folder: fixturesFolder.appending(path: "checkpoints/\(name)"), options: options)
  }

  @Test(arguments: [
    "bert-bare", "bert-pretraining", "bert-bf16", "distilbert-safetensors", "distilbert-mlm",
  ])
  func everyLayerAndPooling(_ name: String) async throws {
    let references = try references(name)
    let texts = references.map(\.text)
    for layer in -3...2 {
      let index = layer < 0 ? layer + 3 : layer
      for pooling in [FeatureExtractor.Pooling.cls, .mean, .max] {
        let features = try await extractor(name, .init(pooling: pooling, layer: layer))
          .features(of: texts)
        for (ours, reference) in zip(features, references) {
          let theirs = try #require(reference.layers[index][pooling.rawValue])
          #expect(ours.rows == 1 && ours.values.count == theirs.count)
          #expect(largestDifference(ours.values, theirs) < 1e-4, "\(pooling), layer \(layer)")
        }
      }
    }
    let tokens = try await extractor(name, .init(pooling: .none, batchTokens: 20))
      .features(of: texts)
    for (ours, reference) in zip(tokens, references) {
      #expect(ours.rows == reference.none.count && ours.rows == ours.tokenCount)
      for (row, theirs) in reference.none.enumerated() {
        #expect(largestDifference(ours[row], theirs) < 1e-4)
      }
    }
    for reference in references {
      if let theirs = reference.pooler {
        let ours = try extractor(name, .init(pooling: .pooler)).featuresBlocking(of: reference.text)
        #expect(largestDifference(ours.values, theirs) < 1e-4)
      }
      if let theirs = reference.preClassifier {
        let ours = try extractor(name, .init(pooling: .preClassifier)).featuresBlocking(
          of: reference.text)
        #expect(largestDifference(ours.values, theirs) < 1e-4)
      }
    }
  }

  /// As SentenceTransformer.encode, which goes by a file of its own.
  @Test func textsAreCutWhereSentenceTransformersCutsThem() throws {
    let scratch = try TemporaryFolder()
    let folder = scratch.url.appending(path: "model")
    try FileManager.default.copyItem(
      at: fixturesFolder.appending(path: "checkpoints/bert-bare"), to: folder)
    let file = folder.appending(path: "sentence_bert_config.json")
    func extractor(_ json: String, _ options: FeatureExtractor.Options = .init()) throws
      -> FeatureExtractor
    {
      try Data(json.utf8).write(to: file)
      return try FeatureExtractor(folder: folder, options: options)
    }
    let text = "a good film a bad plot"
    let cut = try extractor(#"{"max_seq_length": 5, "do_lower_case": false}"#)
    #expect(cut.maxLength == 5)
    let features = try cut.featuresBlocking(of: text)
    #expect(features.tokenCount == 5 && features.isTruncated)
    #expect(try features.values == cut.featuresBlocking(of: "a good film").values)
    #expect(try extractor(#"{"max_seq_length": 5}"#, .init(maxLength: 9)).maxLength == 9)
    let whole = try extractor("{}").maxLength
    #expect(try extractor(#"{"max_seq_length": null}"#).maxLength == whole)
    #expect(try extractor(#"{"max_seq_length": 9999}"#).maxLength == whole)
    for broken in ["[]", #"{"max_seq_length": 0}"#, #"{"max_seq_length": "5"}"#, "{"] {
      #expect(throws: CheckpointError.self) { try extractor(broken) }
    }
  }

  @Test func normalizedVectorsHaveLengthOne() throws {
    let plain = try extractor("bert-bare", .init()).featuresBlocking(of: "a good film").values
    let scaled = try extractor("bert-bare", .init(normalize: true)).featuresBlocking(
      of: "a good film")
    let length = plain.reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(largestDifference(scaled.values, plain.map { $0 / length }) < 1e-6)
  }

  @Test func longTextsLoseTheirEnd() throws {
    let text = String(repeating: "a ", count: 1000)
    let features = try extractor("bert-bare", .init(maxLength: 6)).featuresBlocking(of: text)
    #expect(features.isTruncated && features.tokenCount == 6)
  }

  @Test func refusesWhatAModelDoesNotHave() {
    func error(_ name: String, _ options: FeatureExtractor.Options) -> FeatureError? {
      thrownError(FeatureError.self) { try extractor(name, options) }
    }
    #expect(
      error("bert-bare", .init(layer: 3)) == .layerOutOfRange(requested: 3, layers: 2))
    #expect(
      error("bert-bare", .init(layer: -4)) == .layerOutOfRange(requested: -4, layers: 2))
    #expect(
      error("distilbert-safetensors", .init(pooling: .pooler))?.description
        .contains("DistilBERT models have no pooler") == true)
    #expect(
      error("distilbert-mlm", .init(pooling: .preClassifier))?.description
        .contains("saved without a classifier's hidden layer") == true)
    #expect(
      error("bert-bare", .init(pooling: .preClassifier))?.description
        .contains("classifiers of BERT have no hidden layer but the pooler") == true)
    #expect(
      error("bert-bare", .init(pooling: .pooler, layer: 1)) == .poolingOfLastLayerOnly(.pooler))
  }

  @Test func theDefaultModelHasFeaturesToo() throws {
    let features = try FeatureExtractor().featuresBlocking(of: "How do I unmarshal JSON?")
    #expect(features.values.count == 384)
    #expect(features.values.allSatisfy { $0.isFinite })
  }
}
