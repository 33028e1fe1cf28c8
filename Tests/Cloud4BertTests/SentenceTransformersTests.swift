import Checkpoints
import Cloud4Bert
import Foundation
import Tensors
import TestSupport
import Testing

/// The vectors of SentenceTransformer; `Scripts/fixtures/sentence_modules.py` writes them.
@Suite struct SentenceTransformersTests {
  struct Expected: Decodable {
    struct Case: Decodable {
      struct Settings: Decodable {
        let prompt: String?
        let promptName: String?
        let truncatedSize: Int?
        let normalize: Bool?

        enum CodingKeys: String, CodingKey {
          case prompt
          case promptName = "prompt_name"
          case truncatedSize = "truncate_dim"
          case normalize = "normalize_embeddings"
        }
      }

      let settings: Settings
      let texts: [String]
      let embeddings: [[Float]]
    }

    struct Tokens: Decodable {
      let text: String
      let rows: [[Float]]
    }

    let cases: [Case]
    let tokens: [Tokens]

    enum CodingKeys: String, CodingKey {
      case cases
      case tokens = "token_embeddings"
    }
  }

  static let names = [
    "pooling-cls", "pooling-max", "pooling-mean", "pooling-mean_sqrt_len_tokens",
    "pooling-weightedmean", "pooling-lasttoken", "legacy-layout", "legacy-distilbert", "several",
    "dense", "dense-bin", "token-modules", "weighted-layers", "weighted-layers-unused", "prompts",
    "prompts-left-out", "lower-case", "cased", "longer-than-the-tokenizer",
  ]

  @Test(arguments: names)
  func vectorsAreThoseOfSentenceTransformer(_ name: String) async throws {
    let model = try SentenceModel(name)
    let expected = try JSONDecoder().decode(Expected.self, from: model.expected)
    #expect(!expected.cases.isEmpty)
    for reference in expected.cases {
      let settings = reference.settings
      let extractor = try model.open(
        .init(
          normalize: settings.normalize, prompt: settings.prompt, promptName: settings.promptName,
          truncatedSize: settings.truncatedSize, batchTokens: 40, precision: .float32))
      #expect(extractor.isPooled)
      let features = try await extractor.features(of: reference.texts)
      for (index, theirs) in reference.embeddings.enumerated() {
        #expect(features[index].values.count == extractor.size)
        #expect(
          largestDifference(features[index].values, theirs) < 1e-5,
          "\(name), \(settings), \(reference.texts[index])")
        let alone = try extractor.featuresBlocking(of: reference.texts[index])
        #expect(largestDifference(alone.values, theirs) < 1e-5)
      }
    }
    let extractor = try model.open(.init(pooling: .none, precision: .float32))
    #expect(!extractor.isPooled)
    for reference in expected.tokens {
      let features = try extractor.featuresBlocking(of: reference.text)
      #expect(features.rows == reference.rows.count)
      for (row, theirs) in reference.rows.enumerated() where row < features.rows {
        #expect(largestDifference(features[row], theirs) < 1e-5, "\(name), token \(row)")
      }
    }
  }

  @Test func optionsOverrideTheFolder() throws {
    let model = try SentenceModel("pooling-max")
    func values(_ options: FeatureExtractor.Options) throws -> [Float] {
      try model.open(options).featuresBlocking(of: "a good film").values
    }
    let bare = fixturesFolder.appending(path: "checkpoints/bert-bare")
    func plain(_ options: FeatureExtractor.Options) throws -> [Float] {
      try FeatureExtractor(folder: bare, options: options).featuresBlocking(of: "a good film")
        .values
    }
    #expect(try values(.init()) == plain(.init(pooling: .max, normalize: true)))
    #expect(try values(.init(normalize: false)) == plain(.init(pooling: .max)))
    #expect(
      try values(.init(pooling: .mean, normalize: false)) == plain(.init(pooling: .mean)))
    #expect(try values(.init(pooling: .cls)) == plain(.init(pooling: .cls, normalize: true)))
    #expect(
      try values(.init(layer: 1, normalize: false)) == plain(.init(pooling: .max, layer: 1)))
    #expect(try values(.init(truncatedSize: 3)).count == 3)
    #expect(throws: FeatureError.truncatedSizeOutOfRange(requested: 17, size: 16)) {
      try values(.init(truncatedSize: 17))
    }
    let layered = try SentenceModel("weighted-layers")
    #expect(
      try layered.open(.init(layer: -1))
        .featuresBlocking(of: "a good film").values == plain(.init()))
    #expect(try SentenceModel("legacy-layout").open(.init(maxLength: 20)).maxLength == 20)
    #expect(try SentenceModel("legacy-layout").open().maxLength == 7)
  }

  @Test func theStepsAreNamed() throws {
    func steps(_ name: String, _ options: FeatureExtractor.Options = .init()) throws -> [String] {
      try SentenceModel(name).open(options).stepNames
    }
    #expect(try steps("pooling-mean") == ["pooling mean", "Normalize"])
    #expect(try steps("pooling-mean", .init(normalize: false)) == ["pooling mean"])
    #expect(
      try steps("several") == [
        "pooling last-token + cls + max", "Dense 48 to 10, Tanh", "Normalize",
      ])
    #expect(
      try steps("token-modules") == [
        "Dense 16 to 9, Tanh of each token", "Normalize of each token", "pooling max",
      ])
    #expect(
      try steps("weighted-layers") == ["mean of the layers from 1 on, weighted", "pooling mean"])
    #expect(try steps("prompts") == ["pooling mean", "the first 7 of 16 numbers"])
  }

  /// Prompts may be changed without opening the folder again.
  @Test(arguments: ["prompts", "prompts-left-out"]) func promptsAreExchanged(_ name: String) throws
  {
    let model = try SentenceModel(name)
    let extractor = try model.open(.init())
    for prompt in ["query", "document", "passage"] {
      guard let opened = try? model.open(.init(promptName: prompt)) else { continue }
      let prompted = try extractor.prompted(by: prompt)
      #expect(prompted.prompt == opened.prompt && prompted.options.promptName == prompt)
      let features = try prompted.featuresBlocking(of: "a good text")
      #expect(try features.values == opened.featuresBlocking(of: "a good text").values)
    }
    #expect(throws: FeatureError.self) { try extractor.prompted(by: "passages") }
  }

  @Test func unknownPromptsAreRefused() throws {
    let model = try SentenceModel("prompts")
    let error = thrownError(FeatureError.self) {
      try model.open(.init(promptName: "passages"))
    }
    #expect(
      error?.description.hasSuffix(
        "has no prompt 'passages': there are 'document', 'nothing', 'passage', 'query'") == true)
    let bare = fixturesFolder.appending(path: "checkpoints/bert-bare")
    #expect(throws: FeatureError.noSuchPrompt("query", folder: bare.path, known: [])) {
      try FeatureExtractor(folder: bare, options: .init(promptName: "query"))
    }
  }

  /// What a file asks for and nobody does is refused by its name, and never left out.
  @Test(arguments: [
    ("modules.json", #"[{"type": "sentence_transformers.models.Router", "path": ""}]"#, "Router"),
    (
      "modules.json",
      #"""
      [{"type": "sentence_transformers.models.Transformer", "path": ""},
       {"type": "sentence_transformers.models.CNN", "path": "1_CNN"}]
      """#, "sentence_transformers.models.CNN"
    ),
    (
      "modules.json",
      #"""
      [{"type": "sentence_transformers.models.Transformer", "path": ""},
       {"type": "custom.Pooling", "path": "1_Pooling"}]
      """#, "custom.Pooling"
    ),
    (
      "modules.json",
      #"""
      [{"type": "sentence_transformers.models.Transformer", "path": ""},
       {"type": "sentence_transformers.models.Dense", "path": "3_Dense"}]
      """#, "before Pooling"
    ),
    (
      "modules.json", #"[{"type": "sentence_transformers.models.Transformer", "path": "../x"}]"#,
      "'../x'"
    ),
    ("modules.json", #"[{"type": "sentence_transformers.models.Transformer"}]"#, "no Pooling"),
    ("modules.json", "[]", "modules"), ("modules.json", "{}", "an object"),
    ("modules.json", "[{}]", "'[0].type'"), ("modules.json", "[", "JSON"),
    ("1_Pooling/config.json", #"{"pooling_mode": "attention"}"#, "'attention'"),
    ("1_Pooling/config.json", #"{"pooling_mode": []}"#, "0 modes"),
    ("1_Pooling/config.json", #"{"pooling_mode_luck": true}"#, "'pooling_mode_luck'"),
    ("1_Pooling/config.json", #"{"pooling_mode_cls_token": 1}"#, "'pooling_mode_cls_token'"),
    ("3_Dense/config.json", #"{"in_features": 16}"#, "'out_features'"),
    (
      "3_Dense/config.json",
      #"{"in_features": 16, "out_features": 12, "activation_function": "mine.Tanh"}"#, "'mine.Tanh'"
    ),
    (
      "3_Dense/config.json",
      #"{"in_features": 16, "out_features": 12, "activation_function": "torch.nn.PReLU"}"#,
      "'torch.nn.PReLU'"
    ),
    ("3_Dense/config.json", #"{"in_features": 15, "out_features": 12}"#, "have 16 numbers"),
    (
      "3_Dense/config.json", #"{"in_features": 16, "out_features": 12, "bias": true}"#,
      "'linear.bias'"
    ),
    (
      "3_Dense/config.json", #"{"in_features": 16, "out_features": 13, "bias": false}"#,
      "[12, 16] where [13, 16]"
    ),
    (
      "3_Dense/config.json",
      #"{"in_features": 16, "out_features": 12, "module_input_name": "audio"}"#, "'audio'"
    ),
    ("sentence_bert_config.json", #"{"transformer_task": "fill-mask"}"#, "'fill-mask'"),
    ("sentence_bert_config.json", #"{"max_seq_length": 1}"#, "'max_seq_length'"),
    ("sentence_bert_config.json", #"{"do_lower_case": "yes"}"#, "'do_lower_case'"),
    ("sentence_bert_config.json", #"{"tokenizer_args": {"strip": 1}}"#, "'tokenizer_args.strip'"),
    (
      "sentence_bert_config.json",
      #"{"modality_config": {"text": {"method": "forward", "method_output_name": "pooler_output"}}}"#,
      "'pooler_output'"
    ),
    ("config_sentence_transformers.json", #"{"model_type": "SparseEncoder"}"#, "'SparseEncoder'"),
    (
      "config_sentence_transformers.json", #"{"default_prompt_name": "search"}"#,
      "there is no such prompt; there are 'document', 'query'"
    ),
    ("config_sentence_transformers.json", #"{"prompts": {"query": 3}}"#, "'prompts.query'"),
    ("config_sentence_transformers.json", #"{"truncate_dim": -1}"#, "'truncate_dim'"),
  ])
  func whatIsNotSupportedIsRefusedByName(_ file: String, _ json: String, _ words: String) throws {
    let model = try SentenceModel("dense")
    try model.write(json, to: file)
    do {
      _ = try model.open()
      Issue.record("\(json) was taken")
    } catch {
      #expect("\(error)".contains(words), "\(error)")
    }
  }

  @Test(arguments: ["1_Pooling/config.json", "3_Dense/config.json", "3_Dense/model.safetensors"])
  func missingFilesAreNamed(_ file: String) throws {
    let model = try SentenceModel("dense")
    try model.remove(file)
    let error = thrownError(CheckpointError.self) { try model.open() }
    #expect(error?.kind == .missing)
    #expect(error?.description.contains(file.split(separator: "/")[0]) == true)
  }

  /// Of a folder that another class saved, the encoder's own features are there for the asking.
  @Test func aPoolingOpensWhatOtherClassesSaved() throws {
    let model = try SentenceModel("dense")
    try model.write(
      #"{"model_type": "SparseEncoder"}"#, to: "config_sentence_transformers.json")
    let extractor = try model.open(.init(pooling: .mean))
    let bare = fixturesFolder.appending(path: "checkpoints/bert-bare")
    let plain = try FeatureExtractor(folder: bare).featuresBlocking(of: "a good film")
    #expect(try extractor.featuresBlocking(of: "a good film") == plain)
  }
}

extension SentenceModel {
  func open(_ options: FeatureExtractor.Options = .init()) throws -> FeatureExtractor {
    try FeatureExtractor(folder: url, options: options)
  }
}
