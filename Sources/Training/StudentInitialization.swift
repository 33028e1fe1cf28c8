public import Checkpoints
import Tensors
public import Transformers

/// How a student begins as a part of its teacher (Sanh et al., 2019, section 3): with some of its layers,
/// its embeddings and its head. That of a BERT or DistilBERT is a DistilBERT.
///
/// The student's tensors that the teacher has under other names are taken as they are, but for
/// - the position embeddings, to which the teacher's embedding of token type 0 is added where the student
///   has no token types, such as DistilBERT;
/// - the classifier's hidden layer. DistilBERT's `pre_classifier` begins as BERT's pooler: the one ends in
///   ReLU and the other in tanh, so it is a beginning only.
public struct StudentInitialization: Sendable {
  /// A wider student is a slip of the pen, and would take all memory.
  static let largestHiddenSize = 1 << 16

  /// The student's.
  public let configuration: ModelConfiguration
  /// Which layer of the teacher each layer of the student begins as, from 0.
  public let layers: [Int]
  private let teacher: ModelConfiguration
  private let weights: NamedWeights
  private let (names, teacherNames): (ModelNames, ModelNames)
  private let pairs: [String: String]

  /// Chooses the teacher's layers that a student begins with.
  ///
  /// - Parameters:
  ///   - teacher: The teacher's configuration.
  ///   - weights: The teacher's.
  ///   - layers: As ``layers``; each below the teacher's count.
  ///   - hiddenSize: Another one than the teacher's, a multiple of its head size; then the
  ///     feed-forward part has the same proportion, and only biases of the vocabulary and the
  ///     labels fit.
  public init(
    teacher: ModelConfiguration, weights: NamedWeights, layers: [Int], hiddenSize: Int? = nil
  ) {
    precondition(
      !layers.isEmpty && layers.allSatisfy { (0..<teacher.layerCount).contains($0) },
      "layers of the teacher")
    self.teacher = teacher
    self.weights = weights
    self.layers = layers
    var configuration = teacher.converted(to: teacher.family.student)
    configuration.layerCount = layers.count
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
    (names, teacherNames) = (ModelNames(configuration), ModelNames(teacher))
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
  /// - Parameters:
  ///   - name: As the class in transformers has it.
  ///   - shape: Of the tensor, rows first.
  /// - Throws: `CheckpointError`
  public func values(of name: String, shape: [Int]) throws -> [Float]? {
    guard let key = pairs[name], var values = try values(key, shape: shape) else {
      return nil
    }
    if name == names.positions, names.tokenTypes == nil, let types = teacherNames.tokenTypes,
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

  /// What the teacher calls the student's tensors.
  private static func pairs(
    _ student: ModelNames, _ teacher: ModelNames, layers: [Int]
  ) -> [String: String] {
    var pairs = [
      (student.words, teacher.words), (student.positions, teacher.positions),
      (student.savedDecoderBias, teacher.savedDecoderBias),
    ]
    if let types = student.tokenTypes, let teacherTypes = teacher.tokenTypes {
      pairs.append((types, teacherTypes))
    }
    // Tied to the words, the decoder is no tensor of its own.
    if student.savedDecoder != student.words {
      pairs.append((student.savedDecoder, teacher.savedDecoder))
    }
    var modules = [
      (student.embeddingNorm, teacher.embeddingNorm),
      (student.classifierHidden.name, teacher.classifierHidden.name),
      (student.classifier, teacher.classifier), (student.transform.name, teacher.transform.name),
      (student.transformNorm, teacher.transformNorm),
    ]
    for (layer, index) in zip(student.layers, layers) {
      modules += zip(layer.all, teacher.layers[index].all)
    }
    for (module, other) in modules {
      pairs += [(module.weight, other.weight), (module.bias, other.bias)]
    }
    return Dictionary(uniqueKeysWithValues: pairs)
  }
}
