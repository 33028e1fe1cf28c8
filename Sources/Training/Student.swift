import Checkpoints
import Files
public import Tokenization
import Transformers

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// The small model that learns from a teacher, as it begins.
public struct Student {
  public let model: TrainableModel
  /// What its config.json will say.
  let configurationFile: ConfigurationFile
  /// Where it is from, in words.
  public let origin: String
  /// What a person should know, a line each.
  public let notes: [String]

  /// A model that begins as a part of the teacher: of a BERT or DistilBERT, a DistilBERT.
  ///
  /// - Parameters:
  ///   - teacher: The model to learn from.
  ///   - layerCount: Half the teacher's, rounded up, for nil.
  ///   - takenLayers: Which layers of the teacher it has; evenly spaced ones for nil.
  ///   - hiddenSize: The teacher's for nil.
  ///   - seed: For what the teacher has nothing for.
  /// - Throws: ``DistillationError``, `CheckpointError`
  public init(
    of teacher: Teacher, layerCount: Int? = nil, takenLayers: [Int]? = nil, hiddenSize: Int? = nil,
    seed: UInt64
  ) throws {
    let available = teacher.configuration.layerCount
    let layers: [Int]
    if let takenLayers {
      guard !takenLayers.isEmpty else {
        throw DistillationError.tooManyLayers(asked: 0, teacher: available)
      }
      for layer in takenLayers where !(0..<available).contains(layer) {
        throw DistillationError.layerOutOfRange(layer: layer, teacher: available)
      }
      layers = takenLayers
    } else {
      let count = layerCount ?? (available + 1) / 2
      guard (1...available).contains(count) else {
        throw DistillationError.tooManyLayers(asked: count, teacher: available)
      }
      layers = StudentInitialization.evenlySpacedLayers(count, of: available)
    }
    let headSize = teacher.configuration.hiddenSize / teacher.configuration.headCount
    let largest = StudentInitialization.largestHiddenSize
    if let hiddenSize, hiddenSize % headSize != 0 || !(1...largest).contains(hiddenSize) {
      throw DistillationError.hiddenSizeNotDivisible(asked: hiddenSize, headSize: headSize)
    }
    let initialization = StudentInitialization(
      teacher: teacher.configuration, weights: teacher.weights, layers: layers,
      hiddenSize: hiddenSize)
    model = try TrainableModel(
      initialization.configuration, head: teacher.task.head, seed: seed,
      values: initialization.values)
    configurationFile = ConfigurationFile(
      model.configuration, isMaskedLM: teacher.task == .maskedLM)
    let size = initialization.configuration.hiddenSize
    let isNarrowed = size != teacher.configuration.hiddenSize
    origin =
      isNarrowed
      ? "random weights"
      : "layers \(layers.map(String.init).joined(separator: ", ")) of the teacher"
    var notes: [String] = []
    if isNarrowed {
      notes.append(
        """
        the student's hidden size is \(size) and the teacher's \(teacher.configuration.hiddenSize), \
        so it begins with random weights: it will need many more texts and epochs
        """)
    } else if !model.newTensors.isEmpty {
      notes.append(Self.note(ofNew: model.newTensors))
    }
    self.notes = notes
  }

  /// A model folder.
  ///
  /// - Parameters:
  ///   - folder: Of the student.
  ///   - teacher: The model to learn from.
  ///   - texts: Some of those to learn from, which both tokenizers must see alike.
  ///   - seed: For a head that the folder lacks.
  /// - Throws: ``DistillationError``, `CheckpointError`, `TokenizerError`
  public init(
    folder: URL, teacher: Teacher, texts: [TextInput], seed: UInt64
  ) throws {
    let files = OpenedFolder(folder)
    if let difference = try TokenizerAgreement.difference(
      student: BertTokenizer(folder: files, lowersCase: false),
      teacher: BertTokenizer(folder: teacher.opened.files, lowersCase: false), texts: texts)
    {
      throw DistillationError.otherTokenizer(
        student: folder.path, teacher: teacher.folder.path, difference: difference)
    }
    let opened = try StoredModel(folder: files)
    let configuration = opened.configuration
    var file = opened.configurationFile
    switch teacher.task {
    case .classification:
      let weights = try opened.weights()
      let labels = teacher.configuration.labels
      if weights.contains(ModelNames(configuration).classifier.weight),
        configuration.labels != labels
      {
        throw DistillationError.otherLabels(student: configuration.labels, teacher: labels)
      }
      model = try TrainableModel(
        opened, head: .sequenceClassification, labels: labels, seed: seed)
      file.becomeClassifier(labels: labels)
    case .maskedLM:
      model = try TrainableModel(opened, head: .maskedLM, seed: seed)
      file.becomeMaskedLM()
    }
    configurationFile = file
    origin = folder.standardizedFileURL.lastPathComponent
    notes = model.newTensors.isEmpty ? [] : [Self.note(ofNew: model.newTensors)]
  }

  private static func note(ofNew tensors: [String]) -> String {
    """
    the student begins with random weights for \(tensors.prefix(4).joined(separator: ", "))\
    \(tensors.count > 4 ? " and \(tensors.count - 4) more" : "")
    """
  }
}

extension Teacher.Task {
  var head: TrainableModel.Head {
    switch self {
    case .classification: .sequenceClassification
    case .maskedLM: .maskedLM
    }
  }
}
