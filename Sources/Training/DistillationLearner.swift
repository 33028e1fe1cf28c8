public import Checkpoints
import Evaluation
import Inference
import Tensors
public import Tokenization
import Transformers

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A student that learns from its teacher, for a ``TrainingLoop`` to drive.
///
/// The teacher runs on the shards of each step beside the student, without dropout. As a masked
/// language model it tells its probabilities of all words for the hidden tokens alone: these are the
/// places that DistilBERT was distilled at, and one place in seven is what the memory and the time for a
/// whole vocabulary allow.
public final class DistillationLearner: Learner {
  public let teacher: Teacher
  public let student: Student
  public let settings: DistillationSettings
  /// The longest text in tokens, special ones included; of longer ones the rest is not seen.
  public let maxLength: Int
  private let options: LearnerOptions
  private let training: Examples
  private let validation: Examples?
  private let masking: TokenMasking?
  private let optimizer: DataParallelStep
  /// What the teacher makes of the validation texts, once it has been asked.
  private var teacherAnswers: [DistillationAnswers.Answer]?

  /// Texts as tokens, with the label ids of those that have one.
  private struct Examples {
    let texts: TokenizedTexts
    let labels: [Int?]
  }

  /// Takes the texts to learn from and those to measure on.
  ///
  /// - Parameters:
  ///   - teacher: The model to learn from.
  ///   - student: The model that learns.
  ///   - settings: How the parts of the loss are weighed.
  ///   - training: Texts, and the label id of each; nil for one without. For a masked language
  ///     model labels do not count.
  ///   - validation: Texts to measure each epoch on; nil for none.
  ///   - options: Of all learners.
  /// - Throws: ``TrainingError`` for texts, labels or settings that do not go together,
  ///   ``DistillationError``, `CheckpointError`, `TokenizerError`
  public init(
    teacher: Teacher, student: Student, settings: DistillationSettings,
    training: (inputs: [TextInput], labels: [Int?]),
    validation: (inputs: [TextInput], labels: [Int?])?, options: LearnerOptions
  ) throws {
    self.teacher = teacher
    self.student = student
    self.settings = settings
    self.options = options
    try options.check()
    try settings.check()
    try TrainingError.check(
      training: training, validation: validation,
      labelCount: teacher.task == .classification ? teacher.configuration.labels.count : nil)
    let (own, other) = (student.model.configuration, teacher.configuration)
    if settings.cosineWeight > 0, own.hiddenSize != other.hiddenSize {
      throw DistillationError.otherHiddenSize(student: own.hiddenSize, teacher: other.hiddenSize)
    }
    let files = try ModelFiles(teacher.opened)
    let positions = own.maxTokenCount
    maxLength = min(try options.maxLength(for: files), positions)
    let (tokenizer, maxLength) = (files.tokenizer, maxLength)
    func examples(_ data: (inputs: [TextInput], labels: [Int?])) throws -> Examples {
      let inputs =
        teacher.task == .classification ? data.inputs.map(\.forClassifier) : data.inputs
      return Examples(
        texts: try TokenizedTexts(inputs, tokenizer: tokenizer, maxLength: maxLength),
        labels: data.labels)
    }
    self.training = try examples(training)
    self.validation = try validation.map(examples)
    switch teacher.task {
    case .classification:
      masking = nil
      if settings.taskWeight > 0, !training.labels.contains(where: { $0 != nil }) {
        throw DistillationError.noLabels(textCount: training.labels.count)
      }
    case .maskedLM:
      guard let mask = tokenizer.maskTokenID else {
        throw DistillationError.noMaskToken(folder: teacher.folder.path)
      }
      let special = [
        mask, tokenizer.padTokenID, tokenizer.classifierTokenID, tokenizer.separatorTokenID,
        tokenizer.unknownTokenID,
      ].compactMap { $0.map(Int32.init) }
      masking = TokenMasking(
        maskTokenID: Int32(mask), specialTokenIDs: Set(special),
        vocabularySize: min(
          tokenizer.vocabularySize, tokenizer.embeddingCount ?? tokenizer.vocabularySize),
        seed: options.seed)
      let texts = self.training.texts
      let canHide = (0..<texts.count).contains { text in
        texts.ids(of: text).contains { !special.contains($0) }
      }
      guard canHide else { throw DistillationError.nothingToHide(textCount: texts.count) }
    }
    optimizer = options.optimizer(of: student.model)
  }

  public var exampleCount: Int { training.texts.count }

  /// A number that other texts or labels would almost surely not have.
  public var trainingDigest: String { Self.digest(training) }
  public var validationDigest: String? { validation.map(Self.digest) }

  private static func digest(_ examples: Examples) -> String {
    var digest = DataDigest()
    examples.texts.add(to: &digest)
    digest.add(examples.labels.map { UInt64(($0 ?? -1) + 1) })
    return digest.value
  }

  public func step(_ batch: TrainingBatch, learningRate: Double) throws -> StepOutcome {
    let (global, labels) = self.batch(training, batch.examples, epoch: batch.epoch)
    let tokenCount = batch.examples.reduce(0) { $0 + training.texts.tokenCount(of: $1) }
    let objective = DistillationObjective(
      teacher: teacher, settings: settings, labels: labels, tokenCount: tokenCount)
    return try optimizer(
      global, objective: objective, learningRate: learningRate,
      dropoutSeed: options.dropoutSeed)
  }

  /// Texts as a model sees them, with the label of each or the word of each hidden token.
  private func batch(
    _ examples: Examples, _ texts: some Sequence<Int>, epoch: Int
  ) -> (GlobalBatch, [Int?]) {
    guard let masking else {
      return (GlobalBatch(examples.texts.batch(texts)), texts.map { examples.labels[$0] })
    }
    var batch = PackedBatch()
    var places: [Int] = []
    var words: [Int?] = []
    for text in texts {
      let original = examples.texts.batch(CollectionOfOne(text))
      let (ids, chosen) = masking(original.tokenIDs, text: text, epoch: epoch)
      places += chosen.map { batch.tokenCount + $0 }
      words += chosen.map { Int(original.tokenIDs[$0]) }
      batch.append(ids, tokenTypeIDs: original.tokenTypeIDs)
    }
    return (GlobalBatch(batch, maskedTokens: places), words)
  }

  public func evaluate() throws -> EpochFigures? { try figures()?.epoch }

  /// How good teacher and student are on the validation texts; nil without any.
  public func figures() throws -> DistillationFigures? {
    guard let validation, validation.texts.count > 0 else { return nil }
    // An epoch of its own, so that the words hidden are the same after each.
    let (batch, labels) = batch(validation, 0..<validation.texts.count, epoch: -1)
    guard !labels.isEmpty else { return nil }
    let objective = DistillationAnswers(teacher: teacher, labels: labels, known: teacherAnswers)
    _ = try optimizer.loss(of: batch, objective: objective)
    let answers = objective.all
    teacherAnswers = answers.map(\.teacher)
    return try figures(answers, labels)
  }

  private func figures(
    _ answers: [DistillationAnswers.Pair], _ labels: [Int?]
  ) throws -> DistillationFigures {
    let agreed = answers.count { $0.teacher.prediction == $0.student.prediction }
    return DistillationFigures(
      teacher: try summary(answers.map(\.teacher), labels),
      student: try summary(answers.map(\.student), labels),
      agreement: Double(agreed) / Double(answers.count), count: answers.count,
      labelledCount: labels.count { $0 != nil })
  }

  private func summary(
    _ answers: [DistillationAnswers.Answer], _ labels: [Int?]
  ) throws -> DistillationFigures.Answers {
    var (correct, labelled, loss) = (0, 0, 0.0)
    var report: ClassificationReport?
    if teacher.task == .classification {
      report = try ClassificationReport(labels: teacher.configuration.labels, mistakeLimit: 0)
    }
    for (answer, label) in zip(answers, labels) {
      guard let label else { continue }
      labelled += 1
      if answer.prediction == label { correct += 1 }
      loss += answer.loss
      try report?.add(trueLabel: label, scores: answer.probabilities)
    }
    guard labelled > 0 else { return DistillationFigures.Answers() }
    return DistillationFigures.Answers(
      accuracy: Double(correct) / Double(labelled), loss: loss / Double(labelled), report: report)
  }

  // MARK: State

  public var state: [NewTensor] { optimizer.state }

  public var parameters: [NewTensor] { optimizer.model.parameters.tensors() }

  public func restore(state: StoredTensors, stepCount: Int) throws {
    try optimizer.restore(state, stepCount: stepCount)
  }

  public func restore(parameters: StoredTensors) throws {
    try optimizer.model.parameters.restore(parameters)
  }

  /// Rounds the student to what a file of bfloat16 holds.
  public func roundToBFloat16() { optimizer.model.parameters.roundToBFloat16() }

  /// The memory of training the student, to which the teacher's weights come.
  public var memory: TrainingMemory {
    let tokens = options.shardTokens(longest: training.texts.longest, in: optimizer)
    let hidden = masking == nil ? 0 : Int((Double(tokens) * TokenMasking.share).rounded(.up))
    return TrainingMemory(
      optimizer.model.configuration, parameterCount: parameterCount,
      threads: optimizer.threadCount, shardTokens: tokens, hiddenTokens: hidden,
      precision: options.precision)
  }

  /// How many parameters the student has.
  public var parameterCount: Int { optimizer.model.parameters.layout.parameterCount }

  /// Such as `DistilBERT, 3 layers x 384`.
  public var studentShape: String { Self.shape(optimizer.model.configuration) }
  public var teacherShape: String { Self.shape(teacher.configuration) }

  private static func shape(_ configuration: ModelConfiguration) -> String {
    "\(configuration.family.name), \(configuration.layerCount) layer"
      + "\(configuration.layerCount == 1 ? "" : "s") x \(configuration.hiddenSize)"
  }

  /// What a person should know, a line each.
  public var notes: [String] {
    var notes = student.notes
    let truncated = training.texts.truncatedCount
    if truncated > 0 {
      notes.append(
        """
        \(truncated) of \(training.texts.count) texts to learn from are longer than \(maxLength) \
        tokens and truncated
        """)
    }
    return notes
  }

  /// Writes the student's folder with the teacher's tokenizer.
  ///
  /// - Throws: ``ModelFolderError``, `CheckpointError` or `FileError`
  public func write(to folder: ModelFolder, isBFloat16: Bool, card: String) throws {
    var configuration = student.configurationFile
    configuration.setElementType(isBFloat16 ? .bfloat16 : .float32)
    var tokenizer: TokenizerConfigurationFile?
    let family = teacher.configuration.family
    if family.hasTokenTypes, !student.model.configuration.family.hasTokenTypes {
      tokenizer = try TokenizerConfigurationFile(folder: teacher.opened.files)
      tokenizer?.leaveOutTokenTypes(tokenizerClass: family.tokenizerClass)
    }
    let tensors = isBFloat16 ? parameters.map { $0.roundedToBFloat16() } : parameters
    try folder.write(
      tensors, configuration: configuration, tokenizerOf: teacher.opened,
      tokenizerConfiguration: tokenizer, card: card, keeping: [TrainingLog.fileName])
  }
}
