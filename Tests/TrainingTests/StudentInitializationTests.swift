import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing
import Transformers

@testable import Training

@Suite struct StudentInitializationTests {
  private struct Expected: Decodable {
    struct Sequence: Decodable {
      let ids: [Int32]
      let states: [[Float]]
      let logits: Logits

      enum CodingKeys: String, CodingKey {
        case ids = "input_ids"
        case states = "last_hidden_state"
        case logits
      }
    }

    /// A row of a classifier, or the first two tokens' rows of a masked language model.
    enum Logits: Decodable {
      case row([Float])
      case rows([[Float]])

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let row = try? container.decode([Float].self) {
          self = .row(row)
        } else {
          self = .rows(try container.decode([[Float]].self))
        }
      }
    }

    let all: [Sequence]
    let some: [Sequence]
  }

  private func teacher(_ folder: URL) throws -> (ModelConfiguration, NamedWeights) {
    let configuration = try ModelConfiguration(folder: folder)
    return (
      configuration, try NamedWeights(Checkpoint(folder: folder), configuration: configuration)
    )
  }

  private func fixture(_ name: String) -> URL {
    fixturesFolder.appending(path: "distillation/\(name)")
  }

  /// A model folder with nothing but the student's values, opened again.
  private func student(
    _ initialization: StudentInitialization, isMasked: Bool
  ) throws -> (ModelConfiguration, NamedWeights, URL) {
    let configuration = initialization.configuration
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "StudentInitializationTests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let size = configuration.hiddenSize
    let wide = configuration.intermediateSize
    var shapes: [String: [Int]] = [
      "distilbert.embeddings.word_embeddings.weight": [configuration.vocabularySize, size],
      "distilbert.embeddings.position_embeddings.weight": [
        configuration.maxPositionEmbeddings, size,
      ],
    ]
    func add(_ name: String, _ outputs: Int, _ inputs: Int? = nil) {
      shapes["\(name).weight"] = [outputs] + (inputs.map { [$0] } ?? [])
      shapes["\(name).bias"] = [outputs]
    }
    add("distilbert.embeddings.LayerNorm", size)
    for index in 0..<configuration.layerCount {
      let layer = "distilbert.transformer.layer.\(index)"
      for part in ["q", "k", "v", "out"] { add("\(layer).attention.\(part)_lin", size, size) }
      add("\(layer).sa_layer_norm", size)
      add("\(layer).ffn.lin1", wide, size)
      add("\(layer).ffn.lin2", size, wide)
      add("\(layer).output_layer_norm", size)
    }
    if isMasked {
      add("vocab_transform", size, size)
      add("vocab_layer_norm", size)
      shapes["vocab_projector.bias"] = [configuration.vocabularySize]
    } else {
      add("pre_classifier", size, size)
      add("classifier", configuration.labels.count, size)
    }
    let tensors = try shapes.sorted { $0.key < $1.key }.map { name, shape in
      NewTensor(
        name: name, shape: shape,
        values: try #require(try initialization.values(of: name, shape: shape), "\(name)"))
    }
    try SafetensorsWriter.write(tensors, to: folder.appending(path: "model.safetensors").path)
    let text = ConfigurationFile(configuration, isMaskedLM: isMasked).text
    try Data(text.utf8).write(to: folder.appending(path: "config.json"))
    let read = try ModelConfiguration(folder: folder)
    return (
      read, try NamedWeights(Checkpoint(folder: folder), configuration: read), folder
    )
  }

  private func difference(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count, !(a + b).contains(where: \.isNaN) else { return .infinity }
    return zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  @Test(arguments: ["teacher", "teacher-masked-lm"])
  func aStudentComputesWhatItsLayersDid(_ name: String) throws {
    let (teacherConfiguration, teacherWeights) = try teacher(fixture(name))
    let data = try Data(contentsOf: fixture(name).appending(path: "student.json"))
    let expected = try JSONDecoder().decode(Expected.self, from: data)
    var opened = teacherWeights
    let teacherEncoder = try TransformerEncoder(&opened, configuration: teacherConfiguration)
    for (layers, sequences) in [(Array(0..<4), expected.all), ([0, 3], expected.some)] {
      let initialization = StudentInitialization(
        teacher: teacherConfiguration, weights: teacherWeights, layers: layers)
      let (configuration, weights, folder) = try student(
        initialization, isMasked: name == "teacher-masked-lm")
      defer { try? FileManager.default.removeItem(at: folder) }
      #expect(configuration.family == .distilBert)
      #expect(configuration.labels == teacherConfiguration.labels)
      #expect(configuration.activation == teacherConfiguration.activation)
      let batch = PackedBatch(sequences.map(\.ids))
      let workspace = Workspace()
      var remaining = weights
      let model =
        try name == "teacher" ? nil : MaskedLMModel(&remaining, configuration: configuration)
      let classifier =
        try name == "teacher"
        ? SequenceClassificationModel(&remaining, configuration: configuration) : nil
      try remaining.checkAllUsed()
      let states = try (model?.encoder ?? classifier!.encoder)
        .hiddenStates(batch, workspace: workspace)
      let teacherStates = try teacherEncoder.hiddenStates(batch, workspace: workspace)
      for (index, sequence) in sequences.enumerated() {
        for (token, state) in zip(batch.tokens(of: index), sequence.states) {
          #expect(difference(states.row(token), state) < 1e-5)
          if layers.count == 4 {
            #expect(difference(states.row(token), teacherStates.row(token)) < 1e-5)
          }
        }
      }
      if let classifier {
        let logits = try classifier.logits(batch, workspace: workspace)
        for (index, sequence) in sequences.enumerated() {
          guard case .row(let row) = sequence.logits else { throw Unexpected() }
          #expect(difference(logits.row(index), row) < 1e-4)
        }
      }
      if let model {
        let first = sequences.indices.flatMap { index in
          [batch.sequenceOffsets[index], batch.sequenceOffsets[index] + 1]
        }
        let rows = try sequences.flatMap { sequence in
          guard case .rows(let rows) = sequence.logits else { throw Unexpected() }
          return rows
        }
        try model.logits(batch, of: first, workspace: workspace) { range, logits in
          for (row, index) in range.enumerated() {
            #expect(difference(logits.row(row), rows[index]) < 1e-4)
          }
        }
      }
    }
  }

  private struct Unexpected: Error {}

  @Test func layersAreEvenlySpaced() {
    #expect(StudentInitialization.evenlySpacedLayers(6, of: 12) == [0, 2, 4, 7, 9, 11])
    #expect(StudentInitialization.evenlySpacedLayers(3, of: 6) == [0, 2, 5])
    #expect(StudentInitialization.evenlySpacedLayers(1, of: 6) == [0])
    #expect(StudentInitialization.evenlySpacedLayers(2, of: 6) == [0, 5])
    for count in 1...24 {
      let layers = StudentInitialization.evenlySpacedLayers(count, of: 24)
      #expect(layers.count == count && Set(layers).count == count && layers == layers.sorted())
      #expect(layers.first == 0 && (count == 1 || layers.last == 23))
    }
  }

  @Test func anotherWidthKeepsWhatFits() throws {
    let (configuration, weights) = try teacher(fixture("teacher-masked-lm"))
    let initialization = StudentInitialization(
      teacher: configuration, weights: weights, layers: [1], hiddenSize: 24)
    #expect(initialization.configuration.headCount == 3)
    #expect(initialization.configuration.intermediateSize == 48)
    let vocabulary = configuration.vocabularySize
    let name = "distilbert.embeddings.word_embeddings.weight"
    #expect(try initialization.values(of: name, shape: [vocabulary, 24]) == nil)
    #expect(
      try initialization.values(of: "vocab_projector.bias", shape: [vocabulary])?.count
        == vocabulary
    )
  }

  @Test func aDistilBertTeacherKeepsItsNames() throws {
    let folder = fixturesFolder.appending(path: "checkpoints/distilbert-safetensors")
    let (configuration, weights) = try teacher(folder)
    let initialization = StudentInitialization(
      teacher: configuration, weights: weights, layers: [1])
    let name = "distilbert.transformer.layer.0.ffn.lin1.bias"
    let key = "distilbert.transformer.layer.1.ffn.lin1.bias"
    let values = try initialization.values(of: name, shape: [configuration.intermediateSize])
    #expect(try values == #require(weights[key]).floats())
    #expect(try initialization.values(of: "unknown.weight", shape: [1]) == nil)
    let beyond = "distilbert.transformer.layer.1.ffn.lin1.bias"
    #expect(
      try initialization.values(of: beyond, shape: [configuration.intermediateSize]) == nil)
  }
}
