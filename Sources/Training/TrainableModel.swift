import Checkpoints
public import Tensors
public import Transformers

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A model whose parameters can be learned: what it computes from them, and the exact
/// derivatives of a loss by each of them. All in single precision, but for the large products where a
/// ``TrainingPass`` has another.
///
/// It belongs to who trains it. ``DataParallelStep`` alone takes several passes through it at once, each
/// with its own ``TrainingPass`` and `Gradients`, between two changes of the parameters.
public final class TrainableModel {
  /// What stands on the encoder, and so what is learned.
  public enum Head: Sendable {
    /// Such as `BertForSequenceClassification`.
    case sequenceClassification
    /// Such as `BertForMaskedLM`.
    case maskedLM
  }

  /// The folder's configuration, but with this class and these labels.
  public let configuration: ModelConfiguration
  public let head: Head
  /// The parameters under the names that transformers saves them with; a tied decoder is not among
  /// them.
  public let parameters: Parameters
  /// The tensors that were not in the checkpoint: weights at random, biases 0.
  public let newTensors: [String]

  // Views of the parameters, never changed themselves.
  private let embeddings: TrainableEmbeddings
  private let layers: [TrainableLayer]
  private let classifier: ClassifierTrainingHead?
  private let maskedLM: MaskedLMTrainingHead?
  private let words: ParameterLayout.Entry

  /// Opens a model folder. A head that the checkpoint lacks begins at random, and so does a classifier
  /// of another number of labels.
  ///
  /// - Parameters:
  ///   - folder: With config.json and the weights.
  ///   - head: What the model is trained for.
  ///   - labels: In the order of their ids; nil for those of the folder.
  ///   - seed: Of the new weights.
  /// - Throws: `CheckpointError`
  public convenience init(
    folder: URL, head: Head, labels: [String]? = nil, seed: UInt64 = 0
  ) throws {
    try self.init(StoredModel(folder: folder), head: head, labels: labels, seed: seed)
  }

  /// The same of a folder that is open.
  public convenience init(
    _ model: StoredModel, head: Head, labels: [String]? = nil, seed: UInt64 = 0
  ) throws {
    var configuration = model.configuration
    if let labels { configuration.labels = labels }
    var weights = try model.weights()
    let names = ModelNames(configuration)
    try self.init(configuration, head: head, seed: seed) { name, shape in
      if !names.isOfEncoder(name), !weights.contains(name) { return nil }
      if names.classifier.has(name), labels != nil, weights[name]?.shape != shape { return nil }
      return try weights.tensor(name, shape: shape).floats()
    }
    try weights.checkAllUsed(ignoringHeads: true)
  }

  /// A model of random weights, as transformers initialises them: from a normal distribution with the
  /// deviation `initializer_range`, which must be a number from 0 on; biases 0, layer norms 1.
  public convenience init(_ configuration: ModelConfiguration, head: Head, seed: UInt64 = 0) {
    let nothing: (String, [Int]) -> [Float]? = { _, _ in nil }
    // Nothing is read, so nothing throws.
    try! self.init(configuration, head: head, seed: seed, values: nothing)
  }

  /// Lays the parameters out and fills them.
  ///
  /// - Parameters:
  ///   - configuration: The shape of the model.
  ///   - head: What the model is trained for.
  ///   - seed: Of the random values.
  ///   - values: Those of a tensor, row by row, or nil for one that begins at random.
  /// - Throws: ``TrainingError`` for an `initializer_range` that no such tensor can begin with, and what
  ///   `values` throws.
  public init(
    _ configuration: ModelConfiguration, head: Head, seed: UInt64 = 0,
    values: (_ name: String, _ shape: [Int]) throws -> [Float]?
  ) throws {
    var configuration = configuration
    configuration.architectures = [
      configuration.className(with: head == .maskedLM ? .maskedLM : .sequenceClassification)
    ]
    let names = ModelNames(configuration)
    let entries = ModelEntries(configuration, names: names, head: head)
    let parameters = Parameters(entries.layout)
    var newTensors: [String] = []
    for entry in parameters.layout.entries {
      if let values = try values(entry.name, entry.shape) {
        parameters.setValues(values, of: entry.name)
      } else {
        let deviation = configuration.initializerRange
        guard entry.shape.count == 1 || deviation >= 0 && deviation.isFinite else {
          throw TrainingError.wrongSetting(
            "initializer_range", value: "\(deviation)",
            expected: "a number from 0 on, which \(entry.name) begins with, as the model has none")
        }
        newTensors.append(entry.name)
        parameters.initialize(
          entry, words: entries.words, configuration: configuration, seed: seed)
      }
    }
    self.configuration = configuration
    self.head = head
    self.parameters = parameters
    self.newTensors = newTensors
    words = entries.words
    embeddings = TrainableEmbeddings(parameters, entries: entries, configuration: configuration)
    layers = entries.layers.enumerated().map { index, entries in
      TrainableLayer(parameters, index: index, entries: entries, configuration: configuration)
    }
    classifier = entries.classifier.map { entries in
      ClassifierTrainingHead(
        parameters, entries: entries, activation: names.classifierHidden.activation,
        configuration: configuration)
    }
    maskedLM = entries.maskedLM.map { head in
      MaskedLMTrainingHead(
        parameters, entries: head, words: entries.words, activation: names.transform.activation,
        configuration: configuration)
    }
  }

  /// Makes room for the derivatives of one worker, all 0.
  public func makeGradients() -> Gradients {
    Gradients(parameters.layout, table: words)
  }

  /// Takes a batch through the model.
  ///
  /// - Parameters:
  ///   - batch: Packed sequences.
  ///   - maskedTokens: Of a masked language model, the tokens whose words are asked for: indices
  ///     into the batch's flat list.
  ///   - wantsHiddenStates: Whether the last layer computes every token, as it always does for a
  ///     masked language model, or for a classifier the first of each text alone.
  ///   - dropout: nil for evaluation.
  ///   - pass: Keeps what ``backward(logitsGradient:hiddenGradient:pass:into:)`` needs.
  /// - Throws: `BatchError`
  public func forward(
    _ batch: PackedBatch, maskedTokens: [Int] = [], wantsHiddenStates: Bool = false,
    dropout: Dropout? = nil, in pass: TrainingPass
  ) throws -> ModelOutputs {
    precondition(head == .maskedLM || maskedTokens.isEmpty, "masked tokens are for a masked LM")
    let workspace = pass.workspace
    workspace.reset()
    pass.saved = nil
    var saved = SavedPass(
      batch, maskedTokens: maskedTokens, dropout: dropout, multiplication: pass.multiplication)
    var hidden = try embeddings.forward(&saved, workspace: workspace)
    let wide = workspace.matrix(
      rows: batch.tokenCount, columns: configuration.intermediateSize)
    saved.hasAllStates = head == .maskedLM || wantsHiddenStates
    for (index, layer) in layers.enumerated() {
      hidden = layer.forward(
        hidden, firstTokens: !saved.hasAllStates && index == layers.count - 1, wide: wide, &saved,
        workspace: workspace)
    }
    let logits: Matrix
    switch head {
    case .sequenceClassification:
      let first: Matrix
      if saved.hasAllStates {
        first = workspace.matrix(rows: batch.sequenceCount, columns: hidden.columns)
        for sequence in 0..<batch.sequenceCount {
          first.copyRow(batch.sequenceOffsets[sequence], of: hidden, to: sequence)
        }
      } else {
        first = hidden
      }
      logits = classifier!.forward(first, &saved, workspace: workspace)
    case .maskedLM:
      let states = workspace.matrix(rows: maskedTokens.count, columns: hidden.columns)
      for (row, token) in maskedTokens.enumerated() { states.copyRow(token, of: hidden, to: row) }
      logits = maskedLM!.forward(states, &saved, workspace: workspace)
    }
    pass.saved = saved
    return ModelOutputs(logits: logits, hiddenStates: saved.hasAllStates ? hidden : nil)
  }

  /// Takes the derivatives of a loss by the outputs of the last forward pass to those by the parameters.
  /// Once for each forward pass.
  ///
  /// - Parameters:
  ///   - logitsGradient: Of the logits' shape; nil for zeros.
  ///   - hiddenGradient: Of the hidden states' shape; nil for zeros.
  ///   - pass: That of the forward pass.
  ///   - gradients: Added to.
  public func backward(
    logitsGradient: Matrix?, hiddenGradient: Matrix? = nil, pass: TrainingPass,
    into gradients: Gradients
  ) {
    guard let saved = pass.saved else { preconditionFailure("no forward pass to go back through") }
    pass.saved = nil
    let (batch, workspace) = (saved.batch, pass.workspace)
    let size = configuration.hiddenSize
    let scratch = TrainableLayer.Scratch(
      tokens: batch.tokenCount, configuration: configuration, workspace: workspace)
    let gradient = workspace.matrix(rows: batch.tokenCount, columns: size)
    // By the states that the head reads.
    let headRows = head == .maskedLM ? saved.maskedTokens.count : batch.sequenceCount
    let headGradient = workspace.matrix(rows: headRows, columns: size)
    if let logitsGradient {
      precondition(logitsGradient.rows == headRows, "a gradient of the logits' shape")
      classifier?.backward(
        logitsGradient, into: headGradient, saved, gradients: gradients, workspace: workspace)
      maskedLM?.backward(
        logitsGradient, into: headGradient, saved, gradients: gradients, workspace: workspace)
    } else {
      headGradient.fillWithZeros()
    }

    var top = layers.count
    if saved.hasAllStates {
      gradient.fillWithZeros()
      if let hiddenGradient {
        precondition(
          hiddenGradient.rows == gradient.rows && hiddenGradient.columns == size,
          "a gradient of the states' shape")
        for row in 0..<gradient.rows { gradient.copyRow(row, of: hiddenGradient, to: row) }
      }
      let tokens = head == .maskedLM ? saved.maskedTokens : Array(batch.sequenceOffsets.dropLast())
      for (row, token) in tokens.enumerated() { gradient.addRow(row, of: headGradient, to: token) }
    } else {
      precondition(hiddenGradient == nil, "a gradient of states that were not asked for")
      top -= 1
      layers[top].backward(
        headGradient, into: gradient, saved, scratch: scratch, gradients: gradients,
        workspace: workspace)
    }
    for layer in layers[..<top].reversed() {
      layer.backward(
        gradient, saved, scratch: scratch, gradients: gradients, workspace: workspace)
    }
    embeddings.backward(gradient, saved, into: gradients)
  }
}

/// What a model computes of a batch. The matrices live in their pass until its next one.
public struct ModelOutputs {
  /// The logits: [sequences, labels], or [masked tokens, vocabulary size].
  public let logits: Matrix
  /// The states of the last layer, [tokens, hidden size], where they were asked for or are there
  /// anyway.
  public let hiddenStates: Matrix?
}
