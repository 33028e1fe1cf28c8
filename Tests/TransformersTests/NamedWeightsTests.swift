import Foundation
import TestSupport
import Testing

@testable import Checkpoints
@testable import Transformers

@Suite struct NamedWeightsTests {
  private func weights(_ name: String) throws -> (NamedWeights, ModelConfiguration) {
    let folder = checkpointFixtures.appending(path: name)
    let configuration = try ModelConfiguration(folder: folder)
    return (
      try NamedWeights(try Checkpoint(folder: folder), configuration: configuration), configuration
    )
  }

  /// The keys and shapes of an encoder, from its configuration.
  private func encoderShapes(_ c: ModelConfiguration) -> [(String, [Int])] {
    let (h, f) = (c.hiddenSize, c.intermediateSize)
    let root = c.family == .bert ? "bert" : "distilbert"
    var shapes: [(String, [Int])] = [
      ("\(root).embeddings.word_embeddings.weight", [c.vocabularySize, h]),
      ("\(root).embeddings.position_embeddings.weight", [c.maxPositionEmbeddings, h]),
    ]
    func linear(_ key: String, _ output: Int, _ input: Int) {
      shapes += [("\(key).weight", [output, input]), ("\(key).bias", [output])]
    }
    func norm(_ key: String) { shapes += [("\(key).weight", [h]), ("\(key).bias", [h])] }
    norm("\(root).embeddings.LayerNorm")
    for i in 0..<c.layerCount {
      if c.family == .bert {
        let layer = "bert.encoder.layer.\(i)"
        for part in ["query", "key", "value"] { linear("\(layer).attention.self.\(part)", h, h) }
        linear("\(layer).attention.output.dense", h, h)
        norm("\(layer).attention.output.LayerNorm")
        linear("\(layer).intermediate.dense", f, h)
        linear("\(layer).output.dense", h, f)
        norm("\(layer).output.LayerNorm")
      } else {
        let layer = "distilbert.transformer.layer.\(i)"
        for part in ["q_lin", "k_lin", "v_lin", "out_lin"] {
          linear("\(layer).attention.\(part)", h, h)
        }
        norm("\(layer).sa_layer_norm")
        linear("\(layer).ffn.lin1", f, h)
        linear("\(layer).ffn.lin2", h, f)
        norm("\(layer).output_layer_norm")
      }
    }
    if c.family == .bert {
      shapes.append(("bert.embeddings.token_type_embeddings.weight", [c.typeVocabularySize, h]))
    }
    return shapes
  }

  @Test(arguments: modelFolders)
  func findsTheEncoderInEveryFolder(name: String) throws {
    var (weights, configuration) = try weights(name)
    for (key, shape) in encoderShapes(configuration) {
      #expect(try weights.tensor(key, shape: shape).shape == shape, "\(key)")
    }
    #expect(weights.unusedNames(ignoringHeads: true) == [])
  }

  /// Of a larger model, which would answer something else without what is left over.
  @Test(arguments: modelFolders)
  func refusesTheLayersThatTheConfigurationHasNot(name: String) throws {
    var (weights, configuration) = try weights(name)
    configuration.layerCount = 1
    for (key, shape) in encoderShapes(configuration) { _ = try weights.tensor(key, shape: shape) }
    let error = thrownError(CheckpointError.self) { try weights.checkAllUsed(ignoringHeads: true) }
    #expect(error?.kind == .mismatched)
    #expect(error?.key?.contains("layer.1.") == true, "\(error?.key ?? "none")")
    #expect(error?.problem.hasPrefix("has no place in the model that config.json") == true)
    #expect(weights.unusedNames(ignoringHeads: true).count == 16)
  }

  /// What losses and other tasks leave behind is no part of the model, as transformers sees it.
  @Test func leavesAloneWhatIsOfOtherUse() throws {
    var (weights, c) = try weights("bert-surplus")
    #expect(weights.contains("loss_fct.weight"))
    #expect(weights.contains("qa_outputs.weight"))
    for (key, shape) in encoderShapes(c) { _ = try weights.tensor(key, shape: shape) }
    _ = try weights.tensor("classifier.weight", shape: [3, c.hiddenSize])
    _ = try weights.tensor("classifier.bias", shape: [3])
    try weights.checkAllUsed()
  }

  @Test func looksAtTheHeadsThatAreRead() throws {
    func unused(
      _ names: [String], read: [String], ignoringHeads: Bool = true
    ) throws -> [String] {
      var weights = try hostile(names.map { ($0, "F64") })
      for key in read { _ = try weights.tensor(key, shape: [1]) }
      return weights.unusedNames(ignoringHeads: ignoringHeads)
    }
    let names = [
      "bert.embeddings.a", "bert.x", "bert", "bert.pooler.dense.weight", "bert.pooler.x",
      "classifier.weight", "classifier.x", "cls.predictions.bias", "cls.predictions.decoder.bias",
      "cls.predictions.x", "cls.seq_relationship.weight", "cls", "cls.y", "loss_fct.weight",
      "bertha.x", "",
    ]
    #expect(try unused(names, read: []) == [])
    #expect(try unused(names, read: ["bert.embeddings.a"]) == ["bert", "bert.x"])
    #expect(try unused(names, read: ["bert.pooler.dense.weight"]) == ["bert.pooler.x"])
    #expect(try unused(names, read: ["classifier.weight"]) == ["classifier.x"])
    #expect(try unused(names, read: ["cls.predictions.bias"]) == ["cls.predictions.x"])
    #expect(try unused(names, read: ["cls.seq_relationship.weight"]) == [])
    // What nobody knows is surplus, but for a use that needs no head.
    let all = ["bert", "bert.embeddings.a", "bert.x", "bert.pooler.dense.weight", "bert.pooler.x"]
    #expect(
      try unused(names, read: all + ["classifier.weight", "classifier.x"], ignoringHeads: false)
        == ["", "bertha.x", "cls"])
  }

  @Test(arguments: ["bert-safetensors", "bert-old-names", "distilbert-bin"])
  func usesEverythingAClassifierHas(name: String) throws {
    var (weights, c) = try weights(name)
    let h = c.hiddenSize
    for (key, shape) in encoderShapes(c) { _ = try weights.tensor(key, shape: shape) }
    try weights.checkAllUsed(ignoringHeads: true)
    #expect(thrownError(CheckpointError.self) { try weights.checkAllUsed() }?.kind == .mismatched)
    _ = try weights.tensor("classifier.weight", shape: [3, h])
    #expect(
      weights.unusedNames(ignoringHeads: true).map { $0.hasSuffix("classifier.bias") } == [true])
    _ = try weights.tensor("classifier.bias", shape: [3])
    if c.family == .distilBert {
      _ = try weights.tensor("pre_classifier.weight", shape: [h, h])
      _ = try weights.tensor("pre_classifier.bias", shape: [h])
    }
    try weights.checkAllUsed()
    #expect(weights.unusedNames == [])
  }

  @Test(arguments: ["bert-pretraining", "bert-pretraining-bin"])
  func findsTiedDecoders(name: String) throws {
    var (weights, c) = try weights(name)
    let shape = [c.vocabularySize, c.hiddenSize]
    let decoder = try weights.tensor("cls.predictions.decoder.weight", shape: shape)
    let embeddings = try weights.tensor("bert.embeddings.word_embeddings.weight", shape: shape)
    #expect(try decoder.floats() == embeddings.floats())
    let bias = try weights.tensor("cls.predictions.decoder.bias", shape: [c.vocabularySize])
    #expect(
      try bias.floats()
        == weights.tensor("cls.predictions.bias", shape: [c.vocabularySize]).floats())
    #expect(weights.contains("cls.seq_relationship.weight"))
    #expect(!weights.contains("classifier.weight"))
  }

  @Test func findsTheTiedProjectorOfDistilBERTOnlyWhereItIsTied() throws {
    var (weights, c) = try weights("distilbert-mlm")
    let shape = [c.vocabularySize, c.hiddenSize]
    let projector = try weights.tensor("vocab_projector.weight", shape: shape)
    #expect(projector.name == "distilbert.embeddings.word_embeddings.weight")
    c.tieWordEmbeddings = false
    let checkpoint = try Checkpoint(folder: checkpointFixtures.appending(path: "distilbert-mlm"))
    let untied = try NamedWeights(checkpoint, configuration: c)
    #expect(!untied.contains("vocab_projector.weight"))
  }

  @Test func saysBothShapes() throws {
    var (weights, _) = try weights("bert-old-names")
    let error = thrownError(CheckpointError.self) {
      _ = try weights.tensor("bert.embeddings.LayerNorm.weight", shape: [24])
    }
    #expect(error?.kind == .mismatched)
    #expect(error?.key == "bert.embeddings.LayerNorm.weight")
    #expect(
      error?.problem
        == "has the shape [16] (stored as 'module.bert.embeddings.LayerNorm.gamma') where "
        + "config.json makes it [24]")
  }

  @Test func saysWhatIsMissing() throws {
    var (weights, _) = try weights("bert-bare")
    let error = thrownError(CheckpointError.self) {
      _ = try weights.tensor("classifier.weight", shape: [3, 16])
    }
    #expect(error?.kind == .missing)
    #expect(error?.problem == "is missing; a tensor of shape [3, 16] is expected")
    #expect(error?.remedy?.contains("without this head") == true)
  }

  @Test func refusesIntegersForWeights() throws {
    var weights = try hostile([("classifier.bias", "I64")])
    let error = thrownError(CheckpointError.self) {
      _ = try weights.tensor("classifier.bias", shape: [1])
    }
    #expect(error?.problem == "holds int64 where floating-point numbers are expected")
  }

  @Test func refusesTwoTensorsOfOneName() throws {
    let error = thrownError(CheckpointError.self) {
      _ = try hostile([
        ("bert.embeddings.LayerNorm.gamma", "F64"), ("embeddings.LayerNorm.weight", "F64"),
      ])
    }
    #expect(error?.key == "bert.embeddings.LayerNorm.weight")
    #expect(error?.problem.contains("'embeddings.LayerNorm.weight'") == true)
  }

  private func hostile(_ tensors: [(String, String)]) throws -> NamedWeights {
    let folder = try TemporaryFolder()
    let entries = tensors.enumerated().map { i, tensor in
      #""\#(tensor.0)":{"dtype":"\#(tensor.1)","shape":[1],"#
        + #""data_offsets":[\#(8 * i),\#(8 * i + 8)]}"#
    }
    let header = "{" + entries.joined(separator: ",") + "}"
    let data = [UInt8](repeating: 0, count: 8 * tensors.count)
    try folder.write(
      littleEndian(header.utf8.count, 8) + Array(header.utf8) + data, to: "model.safetensors")
    return try NamedWeights(
      try Checkpoint(folder: folder.url),
      configuration: ModelConfiguration(
        json: Array(#"{"model_type": "bert"}"#.utf8), path: "config.json"))
  }

  @Test(arguments: [
    ("embeddings.word_embeddings.weight", "bert.embeddings.word_embeddings.weight"),
    ("module.bert.pooler.dense.bias", "bert.pooler.dense.bias"),
    ("model._orig_mod.module.classifier.bias", "classifier.bias"),
    ("pooler.dense.bias", "bert.pooler.dense.bias"),
    ("bert.encoder.layer.0.output.LayerNorm.beta", "bert.encoder.layer.0.output.LayerNorm.bias"),
    ("cls.predictions.transform.LayerNorm.gamma", "cls.predictions.transform.LayerNorm.weight"),
    ("classifier.gamma", "classifier.gamma"),
    ("bert.embeddings.position_ids", nil), ("embeddings.position_ids", nil),
    ("module.bert.embeddings.token_type_ids", nil),
  ])
  func renames(name: String, key: String?) {
    #expect(ModelFamily.bert.naming(tiesWords: true).canonicalName(name) == key)
  }
}
