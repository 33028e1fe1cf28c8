public import Checkpoints
import Tensors

/// How a DistilBERT student begins as a part of its teacher, a BERT or DistilBERT model (Sanh et al.,
/// 2019, section 3): with some of its layers, its embeddings and its head.
///
/// The tensors of DistilBERT that BERT has under other names are taken as they are, but for
/// - the position embeddings, to which BERT's embedding of token type 0 is added, as DistilBERT has no
///   token types;
/// - `pre_classifier`, which begins as BERT's pooler. The one ends in ReLU and the other in tanh, so
///   it is a beginning only.
public struct StudentInitialization: Sendable {
  /// A wider student is a slip of the pen, and would take all memory.
  static let largestHiddenSize = 1 << 16

  /// The student's.
  public let configuration: ModelConfiguration
  /// Which layer of the teacher each layer of the student begins as, from 0.
  public let layers: [Int]
  private let teacher: ModelConfiguration
  private let weights: NamedWeights
  private let (names, teacherNames): (TensorNames, TensorNames)
  private let pairs: [String: String]

  /// - Parameters:
  ///   - weights: The teacher's.
  ///   - layers: As ``layers``; each below the teacher's count.
  ///   - hiddenSize: Another one than the teacher's, a multiple of its head size; then the
  ///     feed-forward part has the same proportion, and only biases of the vocabulary and the labels fit.
  public init(
    teacher: ModelConfiguration, weights: NamedWeights, layers: [Int], hiddenSize: Int? = nil
  ) {
    precondition(
      !layers.isEmpty && layers.allSatisfy { (0..<teacher.layerCount).contains($0) },
      "layers of the teacher")
    self.teacher = teacher
    self.weights = weights
    self.layers = layers
    var configuration = teacher
    configuration.family = .distilBert
    configuration.layerCount = layers.count
    configuration.layerNormEpsilon = 1e-12
    configuration.typeVocabularySize = 0
    configuration.elementType = .float32
    if let hiddenSize {
      let headSize = teacher.hiddenSize / teacher.headCount
      precondition(hiddenSize > 0 && hiddenSize % headSize == 0, "a multiple of the head size")
      configuration.hiddenSize = hiddenSize
      configuration.headCount = hiddenSize / headSize
      configuration.intermediateSize =
        max(1, teacher.intermediateSize * hiddenSize / teacher.hiddenSize)
    }
    self.configuration = configuration
    (names, teacherNames) = (TensorNames(configuration), TensorNames(teacher))
    pairs = Self.pairs(names, teacherNames, layers: layers)
  }

  /// Layers of a teacher at even distances, the first and the last among them: 0, 2, 4, 7, 9 and 11 of
  /// 12, as DistilBERT took them, and 0, 2 and 5 of 6. One alone is the first.
  public static func evenlySpacedLayers(_ count: Int, of teacherCount: Int) -> [Int] {
    precondition((1...max(1, teacherCount)).contains(count), "no more layers than the teacher has")
    guard count > 1 else { return [0] }
    let gaps = count - 1
    // The nearest layer, and of two the lower.
    return (0..<count).map { (2 * $0 * (teacherCount - 1) + gaps - 1) / (2 * gaps) }
  }

  /// The values that a tensor of the student begins with, or nil for one that the teacher has nothing
  /// for: it keeps its random values.
  ///
  /// - Parameter name: As DistilBERT's classes in transformers have it.
  /// - Throws: `CheckpointError`
  public func values(of name: String, shape: [Int]) throws -> [Float]? {
    guard let key = teacherName(of: name), var values = try values(key, shape: shape) else {
      return nil
    }
    if name == names.positions, let types = teacherNames.tokenTypes,
      let type = try self.values(types, shape: [teacher.typeVocabularySize, shape[1]])
    {
      for index in values.indices { values[index] += type[index % shape[1]] }
    }
    return values
  }

  private func values(_ key: String, shape: [Int]) throws -> [Float]? {
    var weights = weights
    guard weights.shape(of: key) == shape else { return nil }
    return try weights.tensor(key, shape: shape).floats()
  }

  /// Nil for a name that DistilBERT has not.
  private func teacherName(of name: String) -> String? {
    if let same = pairs[name] { return same }
    guard let dot = name.lastIndex(of: "."), let module = pairs[String(name[..<dot])] else {
      return nil
    }
    return "\(module)\(name[dot...])"
  }

  /// What the teacher calls the student's modules, and its tensors that are no module's weight or bias.
  private static func pairs(
    _ student: TensorNames, _ teacher: TensorNames, layers: [Int]
  ) -> [String: String] {
    var pairs = [
      (student.words, teacher.words), (student.positions, teacher.positions),
      (student.embeddingNorm, teacher.embeddingNorm), (student.pooler, teacher.pooler),
      (student.classifier, teacher.classifier), (student.transform, teacher.transform),
      (student.transformNorm, teacher.transformNorm), (student.decoderBias, teacher.decoderBias),
    ]
    // Tied to the words, the decoder is no tensor of its own.
    if student.decoder != student.words { pairs.append((student.decoder, teacher.decoder)) }
    for (layer, index) in zip(student.layers, layers) {
      pairs += zip(layer.modules, teacher.layers[index].modules)
    }
    return Dictionary(uniqueKeysWithValues: pairs)
  }
}
