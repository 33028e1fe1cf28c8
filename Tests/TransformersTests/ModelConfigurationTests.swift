import Foundation
import Tensors
import TestSupport
import Testing

@testable import Checkpoints
@testable import Transformers

@Suite struct ModelConfigurationTests {
  private func read(_ json: String) throws -> ModelConfiguration {
    try ModelConfiguration(json: Array(json.utf8), path: "config.json")
  }

  @Test func readsTheDefaultModel() throws {
    let configuration = try ModelConfiguration(
      folder: repositoryFolder.appending(path: "Models/cloud4bert"))
    #expect(configuration.family == .distilBert)
    #expect(configuration.vocabularySize == 30522)
    #expect(configuration.hiddenSize == 384)
    #expect(configuration.layerCount == 3)
    #expect(configuration.headCount == 12)
    #expect(configuration.intermediateSize == 1536)
    #expect(configuration.activation == .gelu)
    #expect(configuration.layerNormEpsilon == 1e-12)
    #expect(configuration.typeVocabularySize == 0)
    #expect(configuration.labels == ["negative", "neutral", "positive"])
    #expect(configuration.elementType == .bfloat16)
    #expect(configuration.architectures == ["DistilBertForSequenceClassification"])
  }

  @Test func readsWhatTransformersWrites() throws {
    let multi = try ModelConfiguration(
      folder: checkpointFixtures.appending(path: "bert-multi-label"))
    #expect(multi.family == .bert)
    #expect(multi.problemType == .multiLabelClassification)
    #expect(multi.labels == ["toxic", "threat", "insult", "obscene"])
    #expect(multi.maxPositionEmbeddings == 24)
    #expect(multi.elementType == .float32)
    let new = try ModelConfiguration(folder: checkpointFixtures.appending(path: "bert-gelu-new"))
    #expect(new.activation == .geluTanh)
  }

  @Test func fillsInTheDefaultsOfTransformers() throws {
    let bert = try read(#"{"model_type": "bert", "problem_type": null}"#)
    #expect(bert.vocabularySize == 30522)
    #expect(bert.hiddenSize == 768)
    #expect(bert.layerCount == 12)
    #expect(bert.headCount == 12)
    #expect(bert.intermediateSize == 3072)
    #expect(bert.maxPositionEmbeddings == 512)
    #expect(bert.typeVocabularySize == 2)
    #expect(bert.layerNormEpsilon == 1e-12)
    #expect(bert.labels == ["LABEL_0", "LABEL_1"])
    #expect(bert.problemType == nil)
    #expect(bert.padTokenID == 0)
    #expect(bert.tieWordEmbeddings)
    let distil = try read(#"{"model_type": "distilbert", "num_labels": 3, "hidden_size": 24}"#)
    #expect(distil.layerCount == 6)
    #expect(distil.hiddenSize == 24)
    #expect(distil.intermediateSize == 3072)
    #expect(distil.labels == ["LABEL_0", "LABEL_1", "LABEL_2"])
  }

  @Test func positionsOfRobertaBeginBehindPadding() throws {
    let roberta = try read(#"{"model_type": "roberta"}"#)
    #expect(roberta.vocabularySize == 50265 && roberta.padTokenID == 1)
    #expect(roberta.maxTokenCount == 510)
    #expect(ModelConfiguration(published: .xlmRoberta).maxTokenCount == 512)
    #expect(ModelConfiguration(published: .bert).maxTokenCount == 512)
    for (json, key) in [
      (#"{"model_type": "roberta", "pad_token_id": null}"#, "pad_token_id"),
      (
        #"{"model_type": "roberta", "max_position_embeddings": 2}"#, "max_position_embeddings"
      ),
    ] {
      let error = thrownError(CheckpointError.self) { try read(json) }
      #expect(error?.kind == .malformed && error?.key == key)
    }
  }

  /// What is written for a new model is read again.
  @Test(arguments: ModelFamily.all.map(\.modelType))
  func isReadAgain(modelType: String) throws {
    let family = try #require(ModelFamily(modelType: modelType))
    var configuration = ModelConfiguration(published: family)
    configuration.hiddenSize = 48
    configuration.layerCount = 3
    configuration.attentionDropout = 0.25
    configuration.classifierDropout = 0.5
    configuration.labels = ["a", "b", "c"]
    configuration.problemType = .singleLabelClassification
    configuration.elementType = .float32
    configuration.architectures = [configuration.className(with: .sequenceClassification)]
    #expect(
      try read(ConfigurationFile(configuration, isMaskedLM: false).text) == configuration)
  }

  @Test func infersTheFamilyOfOldFiles() throws {
    #expect(
      try read(#"{"architectures": ["BertForSequenceClassification"]}"#).family == .bert)
    #expect(try read(#"{"architectures": ["DistilBertModel"]}"#).family == .distilBert)
    #expect(try read(#"{"architectures": ["XLMRobertaModel"]}"#).family == .xlmRoberta)
  }

  @Test func ordersLabelsByNumber() throws {
    let pairs = (0..<12).map { "\"\($0)\": \"l\($0)\"" }.reversed().joined(separator: ",")
    let configuration = try read("{\"model_type\": \"bert\", \"id2label\": {\(pairs)}}")
    #expect(configuration.labels == (0..<12).map { "l\($0)" })
  }

  // As transformers reads them: a key that stands twice has its last value, and composed and decomposed
  // é are two.
  @Test func readsKeysAsPythonDoes() throws {
    let composed = "caf\u{E9}"
    let decomposed = "cafe\u{301}"
    let configuration = try read(
      """
      {"model_type": "bert", "hidden_size": 12, "hidden_size": 24, "chance": NaN, "x": -Infinity,
      "label2id": {"\(composed)": 0, "\(decomposed)": 1},
      "id2label": {"0": "a", "1": "\(decomposed)", "0": "\(composed)"}}
      """)
    #expect(configuration.hiddenSize == 24)
    #expect(
      configuration.labels.map { Array($0.utf8) } == [composed, decomposed].map { Array($0.utf8) })
  }

  /// What no answer of the model hangs on may be anything that transformers takes.
  @Test(arguments: [
    #""initializer_range": NaN"#, #""initializer_range": -1.0"#, #""architectures": "Bert""#,
    #""architectures": 3"#, #""is_encoder_decoder": true"#, #""is_encoder_decoder": "no""#,
    #""note": "\ud800 \udc00x""#, #""\ud800": 1"#, #""label2id": {"\ud800": 0}"#,
  ])
  func takesWhatIsNotUsed(_ member: String) throws {
    let plain = try read(#"{"model_type": "bert"}"#)
    var read = try read("{\"model_type\": \"bert\", \(member)}")
    read.initializerRange = plain.initializerRange
    #expect(read == plain)
  }

  private struct Answers: Decodable {
    struct Case: Decodable {
      let config: String
      let labels: [String]?
    }
    let cases: [Case]
  }

  @Test func givesTheLabelsOfTransformers() throws {
    let answers = try JSONDecoder().decode(
      Answers.self, from: Data(try fixture("configurations.json")))
    #expect(!answers.cases.isEmpty)
    for answer in answers.cases {
      let labels = try? read(answer.config).labels
      #expect(labels == answer.labels, "\(answer.config)")
    }
  }

  @Test(arguments: [
    (#"{"model_type": "gpt2"}"#, "model_type", "BERT (\"bert\")"),
    (#"{}"#, "model_type", "is missing"),
    (#"{"architectures": ["GPT2Model"]}"#, "model_type", "is missing"),
    (#"{"model_type": "bert", "hidden_size": 0}"#, "hidden_size", "positive integer"),
    (#"{"model_type": "bert", "hidden_size": -768}"#, "hidden_size", "is -768"),
    (#"{"model_type": "bert", "hidden_size": 12.5}"#, "hidden_size", "is 12.5"),
    (#"{"model_type": "bert", "hidden_size": "768"}"#, "hidden_size", "is '768'"),
    (#"{"model_type": "bert", "vocab_size": 99999999999}"#, "vocab_size", "at most"),
    (#"{"model_type": "bert", "layer_norm_eps": -1}"#, "layer_norm_eps", "from 0 on"),
    (#"{"model_type": "bert", "hidden_act": "prelu"}"#, "hidden_act", "gelu_new"),
    (#"{"model_type": "bert", "pad_token_id": 30522}"#, "pad_token_id", "0..<30522"),
    (#"{"model_type": "bert", "is_decoder": true}"#, "is_decoder", "only encoders"),
    (#"{"model_type": "bert", "add_cross_attention": true}"#, "add_cross_attention", "only enc"),
    (
      #"{"model_type": "bert", "position_embedding_type": "relative_key"}"#,
      "position_embedding_type", "'absolute'"
    ),
    (#"{"model_type": "bert", "hidden_dropout_prob": 1.01}"#, "hidden_dropout_prob", "0...1"),
    (#"{"model_type": "bert", "initializer_range": "0.02"}"#, "initializer_range", "a number"),
    (
      #"{"model_type": "bert", "hidden_act": "\ud800"}"#, "hidden_act",
      "is a string with half a surrogate pair where a string is expected"
    ),
    (#"{"model_type": "bert", "id2label": {"0": "\udc00"}}"#, "id2label", "half a surrogate pair"),
    (#"{"model_type": "bert", "id2label": {}}"#, "id2label", "is empty"),
    (#"{"model_type": "bert", "id2label": []}"#, "id2label", "object"),
    (#"{"model_type": "bert", "id2label": {"0": "a", "2": "b"}}"#, "id2label", "without gaps"),
    (#"{"model_type": "bert", "id2label": {"a": "a"}}"#, "id2label", "no label id"),
    (#"{"model_type": "bert", "id2label": {"0": "a", "1 1": "b"}}"#, "id2label", "no label id"),
    (#"{"model_type": "bert", "id2label": {"0": []}}"#, "id2label", "where a label"),
    (#"{"model_type": "bert", "id2label": {"0": {"0": 1}}}"#, "id2label", "where a label"),
    (#"{"model_type": "bert", "id2label": {"0": 1e300}}"#, "id2label", "where a label"),
    (
      #"{"model_type": "bert", "num_labels": 3, "id2label": {"0": "a", "b": "b"}}"#, "id2label",
      "no label id"
    ),
    (#"{"model_type": "bert", "num_labels": 0, "id2label": {}}"#, "num_labels", "positive"),
  ])
  func refuses(json: String, key: String, problem: String) {
    let error = thrownError(CheckpointError.self) { _ = try read(json) }
    #expect(error?.key == key)
    #expect(error?.problem.contains(problem) == true, "\(error?.description ?? "no error")")
  }

  @Test(arguments: [
    "", "[]", "{", #"{"model_type": "bert", "layer_norm_eps": 1e400}"#,
    #"{"model_type": "bert", "hidden_size": 770, "num_attention_heads": 12}"#,
  ])
  func refusesTheWholeFile(json: String) {
    #expect(thrownError(CheckpointError.self) { _ = try read(json) }?.kind == .malformed)
  }

  @Test func saysWhereConfigIsMissing() throws {
    let folder = try TemporaryFolder()
    let error = thrownError(CheckpointError.self) { _ = try ModelConfiguration(folder: folder.url) }
    #expect(error?.kind == .missing)
    #expect(error?.description.contains("\(folder.url.path)/config.json: No such file") == true)
  }

  @Test func survivesDamagedFiles() throws {
    var mutator = Mutator(
      seed: 1, tokens: ["\"id2label\":", "{", "}", "null", "-1", "1e400", "\"bert\"", "\\ud800"])
    let originals = try ["bert-multi-label", "distilbert-mlm"].map {
      try fixture("\($0)/config.json")
    }
    var accepted = 0
    for i in 0..<mutationCount(default: 3000) {
      let bytes = mutator.mutate(originals[i % 2])
      let error = thrownError(CheckpointError.self) {
        let configuration = try ModelConfiguration(json: bytes, path: "config.json")
        #expect(configuration.hiddenSize % configuration.headCount == 0)
        #expect(!configuration.labels.isEmpty)
        accepted += 1
      }
      if let error { #expect(!error.description.contains("\n")) }
    }
    print("config.json: \(accepted) damaged files accepted")
  }
}
