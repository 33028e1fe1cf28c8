public import Checkpoints
public import Evaluation
import Inference
import Tensors
public import Tokenization
public import Transformers

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Fine-tuning: all weights of a model, trained to tell labels apart by the
/// cross-entropy of labelled texts, or to find any number of labels for each text by the binary
/// cross-entropy of every label, as transformers does for either `problem_type`.
public final class ClassificationLearner: Learner {
  /// Texts and their label ids.
  public typealias Examples = (inputs: [TextInput], labels: [Int])
  /// Texts and the ids of the labels of each: any number of them.
  public typealias MultiLabelExamples = (inputs: [TextInput], labels: [[Int]])

  /// The labels in the order of their ids.
  public let labels: [String]
  /// Whether the labels exclude each other: single-label or multi-label classification.
  public let problemType: ModelConfiguration.ProblemType
  /// How many tokens the longest text has; the rest of longer ones is cut off.
  public let maxLength: Int
  /// What a person should know of the model and the texts, a line each.
  public let notes: [String]
  public let memory: TrainingMemory
  /// Tell the texts with their labels from others; nil without validation texts.
  public let trainingDigest: String
  public let validationDigest: String?

  private let base: StoredModel
  private let model: TrainableModel
  private let optimizer: DataParallelStep
  private let options: LearnerOptions
  private let classWeights: [Double]?
  private let training: LabelledTokens
  private let validation: LabelledTokens?

  /// Texts as tokens, with what is true of each.
  private struct LabelledTokens {
    let texts: TokenizedTexts
    let targets: Targets

    init(
      _ inputs: [TextInput], _ targets: Targets, tokenizer: BertTokenizer, maxLength: Int
    ) throws {
      texts = try TokenizedTexts(
        inputs.map(\.forClassifier), tokenizer: tokenizer, maxLength: maxLength)
      self.targets = targets
    }

    var digest: String {
      var digest = DataDigest()
      texts.add(to: &digest)
      digest.add(targets.numbers)
      return digest.value
    }
  }

  /// The true labels of some texts.
  private enum Targets {
    /// A label id each.
    case one([Int])
    /// Which labels each text has: [texts, labels].
    case several([[Bool]])

    func objective(of examples: [Int], classWeights: [Double]?) -> any Objective {
      switch self {
      case .one(let labels):
        CrossEntropy(labels: examples.map { labels[$0] }, classWeights: classWeights)
      case .several(let labels):
        BinaryCrossEntropy(labels: examples.map { labels[$0] })
      }
    }

    var numbers: [UInt64] {
      switch self {
      case .one(let labels): labels.map(UInt64.init)
      case .several(let labels): labels.flatMap { $0.map { $0 ? 1 : 0 } }
      }
    }
  }

  /// A model that gives each text one label.
  ///
  /// - Parameters:
  ///   - base: A model folder: an encoder alone, with the heads of pretraining, or a classifier,
  ///     whose head is kept where it has these labels.
  ///   - labels: In the order of their ids.
  ///   - training: At least one text; label ids in `0..<labels.count`, as in `validation`.
  ///   - validation: Texts to measure each epoch on; nil for none.
  ///   - classWeights: How much the texts of each label count; nil: all alike.
  ///   - options: Of all learners.
  /// - Throws: ``TrainingError`` for texts, labels or options that do not go together, `CheckpointError`
  ///   and `TokenizerError` for a base that is damaged, or of which the files do not.
  public convenience init(
    base: StoredModel, labels: [String], training: Examples, validation: Examples?,
    classWeights: [Double]? = nil, options: LearnerOptions = LearnerOptions()
  ) throws {
    try options.check()
    try TrainingError.check(
      training: (training.inputs, training.labels),
      validation: validation.map { ($0.inputs, $0.labels) }, labelCount: labels.count)
    if let classWeights, classWeights.count != labels.count {
      throw TrainingError.wrongSetting(
        "the number of class weights", value: "\(classWeights.count)", expected: "\(labels.count)")
    }
    try self.init(
      base: base, labels: labels, problemType: .singleLabelClassification,
      training: (training.inputs, .one(training.labels)),
      validation: validation.map { ($0.inputs, .one($0.labels)) }, classWeights: classWeights,
      options: options)
  }

  /// A model that gives each text any number of labels.
  ///
  /// - Parameters:
  ///   - base: As for one label a text; the head of a model that gave one is kept too.
  ///   - labels: In the order of their ids.
  ///   - training: At least one text; label ids in `0..<labels.count`, as in `validation`.
  ///   - validation: Texts to measure each epoch on; nil for none.
  ///   - options: Of all learners.
  /// - Throws: As for one label a text.
  public convenience init(
    base: StoredModel, labels: [String], training: MultiLabelExamples,
    validation: MultiLabelExamples?,
    options: LearnerOptions = LearnerOptions()
  ) throws {
    try options.check()
    for (part, examples) in [("training", training), ("validation", validation)] {
      guard let examples else { continue }
      // Each text's ids are checked as if it were so many texts.
      let ids = examples.labels.flatMap { $0 }
      guard examples.labels.count == examples.inputs.count else {
        throw TrainingError.wrongExamples(
          part: part,
          problem: "\(examples.labels.count) sets of labels for \(examples.inputs.count) texts")
      }
      if part == "training", examples.inputs.isEmpty {
        throw TrainingError.wrongExamples(part: part, problem: "no texts")
      }
      if let id = ids.first(where: { !labels.indices.contains($0) }) {
        throw TrainingError.wrongExamples(
          part: part,
          problem: "a text has the label id \(id); ids are 0 to \(labels.count - 1)")
      }
    }
    func targets(_ examples: MultiLabelExamples) -> Targets {
      .several(
        examples.labels.map { ids in
          var row = [Bool](repeating: false, count: labels.count)
          for id in ids { row[id] = true }
          return row
        })
    }
    try self.init(
      base: base, labels: labels, problemType: .multiLabelClassification,
      training: (training.inputs, targets(training)),
      validation: validation.map { ($0.inputs, targets($0)) }, classWeights: nil, options: options)
  }

  private init(
    base: StoredModel, labels: [String], problemType: ModelConfiguration.ProblemType,
    training: (inputs: [TextInput], targets: Targets),
    validation: (inputs: [TextInput], targets: Targets)?, classWeights: [Double]?,
    options: LearnerOptions
  ) throws {
    let files = try ModelFiles(base)
    self.base = base
    self.labels = labels
    self.problemType = problemType
    self.options = options
    self.classWeights = classWeights
    maxLength = try options.maxLength(for: files)
    self.training = try LabelledTokens(
      training.inputs, training.targets, tokenizer: files.tokenizer, maxLength: maxLength)
    self.validation = try validation.map { [maxLength] in
      try LabelledTokens($0.inputs, $0.targets, tokenizer: files.tokenizer, maxLength: maxLength)
    }
    var newTensors: [String]
    (model, newTensors) = try Self.model(base, labels: labels, seed: options.seed)
    optimizer = options.optimizer(of: model)

    var notes: [String] = []
    let names = ModelNames(files.configuration)
    if newTensors.contains(names.classifier.weight) {
      let known = files.configuration.labels
      let reason =
        !files.weights.contains(names.classifier.weight)
        ? "the model has none"
        : known.count != labels.count
          ? "the model's has \(known.count) labels where the texts have \(labels.count)"
          : "the model's has other labels"
      notes.append("the classifier is new, as \(reason)")
      newTensors.removeAll { names.classifier.has($0) }
    }
    if !newTensors.isEmpty {
      notes.append("new too, as the model has none: \(newTensors.joined(separator: ", "))")
    }
    let truncated = self.training.texts.truncatedCount
    if truncated > 0 {
      notes.append(
        """
        \(truncated) of \(training.inputs.count) training texts are longer than \(maxLength) tokens \
        and truncated
        """)
    }
    self.notes = notes
    trainingDigest = self.training.digest
    validationDigest = self.validation?.digest
    let longest = max(self.training.texts.longest, self.validation?.texts.longest ?? 0)
    memory = TrainingMemory(
      model.configuration, parameterCount: model.parameters.layout.parameterCount,
      threads: optimizer.threadCount,
      shardTokens: options.shardTokens(longest: longest, in: optimizer),
      precision: options.precision)
  }

  /// The base, with a classifier for the labels: its own rows where it has them, in whatever order.
  private static func model(
    _ base: StoredModel, labels: [String], seed: UInt64
  ) throws -> (TrainableModel, newTensors: [String]) {
    let known = base.configuration.labels
    let classifier = ModelNames(base.configuration).classifier
    let model = try TrainableModel(
      base, head: .sequenceClassification, labels: labels, seed: seed)
    let isNew = model.newTensors.contains(classifier.weight)
    if isNew || known == labels { return (model, model.newTensors) }
    let parameters = model.parameters
    if Set(known) == Set(labels), Set(known).count == known.count {
      let rows = labels.map { known.firstIndex(of: $0)! }
      for name in [classifier.weight, classifier.bias] {
        let values = parameters.values(of: name)
        let size = values.count / labels.count
        parameters.setValues(
          rows.flatMap { values[$0 * size..<($0 + 1) * size] }, of: name)
      }
      return (model, model.newTensors)
    }
    // As many labels, but others: what it knew of the old ones would only be in the way.
    let anew = try TrainableModel(
      model.configuration, head: .sequenceClassification, seed: seed
    ) { name, _ in
      classifier.has(name) ? nil : parameters.values(of: name)
    }
    return (anew, anew.newTensors + model.newTensors)
  }

  // MARK: Learner

  public var exampleCount: Int { training.texts.count }

  public func step(_ batch: TrainingBatch, learningRate: Double) throws -> StepOutcome {
    try optimizer(
      GlobalBatch(training.texts.batch(batch.examples)),
      objective: training.targets.objective(of: batch.examples, classWeights: classWeights),
      learningRate: learningRate, dropoutSeed: options.dropoutSeed)
  }

  public func evaluate() throws -> EpochFigures? {
    guard let (report, loss) = try measure() else { return nil }
    switch report {
    case .one(let report):
      return EpochFigures(
        score: report.weighted.f1, scoreName: "weighted F1",
        figures: [
          "loss": loss, "accuracy": report.accuracy, "weighted_f1": report.weighted.f1,
          "macro_f1": report.macro.f1,
        ])
    case .several(let report):
      return EpochFigures(
        score: report.micro.f1, scoreName: "micro F1",
        figures: [
          "loss": loss, "subset_accuracy": report.subsetAccuracy, "micro_f1": report.micro.f1,
          "macro_f1": report.macro.f1, "samples_f1": report.samples.f1,
        ])
    }
  }

  public var parameters: [NewTensor] { model.parameters.tensors() }

  public var state: [NewTensor] { optimizer.state }

  public func restore(state: StoredTensors, stepCount: Int) throws {
    try optimizer.restore(state, stepCount: stepCount)
  }

  public func restore(parameters: StoredTensors) throws {
    try model.parameters.restore(parameters)
  }

  // MARK: The model as it is

  /// Figures on the validation texts, without dropout; nil without such texts.
  public enum Report: Sendable, Equatable {
    /// The report of a model that gives each text one label.
    case one(ClassificationReport)
    /// The report of a model that gives each text any number of labels.
    case several(MultiLabelReport)
  }

  /// Figures on the validation texts, without dropout; nil without such texts.
  ///
  /// - Throws: `EvaluationError`
  public func report() throws -> Report? {
    try measure()?.report
  }

  /// Rounds all weights to what bfloat16 holds, so that what is measured from now on is what is saved.
  public func roundToBFloat16() { model.parameters.roundToBFloat16() }

  /// Writes the model with the tokenizer of its base.
  ///
  /// - Parameters:
  ///   - folder: Where the model goes.
  ///   - isBFloat16: Store the weights as bfloat16.
  ///   - card: What README.md says.
  /// - Throws: ``ModelFolderError``, `CheckpointError` or `FileError`.
  public func write(
    to folder: ModelFolder, isBFloat16: Bool = false, card: String
  ) throws {
    var configuration = base.configurationFile
    configuration.becomeClassifier(
      labels: labels, problemType: problemType,
      elementType: isBFloat16 ? .bfloat16 : .float32)
    try folder.write(
      isBFloat16 ? parameters.map { $0.roundedToBFloat16() } : parameters,
      configuration: configuration, tokenizerOf: base, card: card,
      keeping: [TrainingLog.fileName])
  }

  private func measure() throws -> (report: Report, loss: Double)? {
    guard let validation else { return nil }
    let count = validation.texts.count
    func forEachText(_ body: (_ text: Int, _ logits: [Float]) throws -> Void) throws {
      for start in stride(from: 0, to: count, by: Self.evaluationTexts) {
        let texts = start..<min(start + Self.evaluationTexts, count)
        let rows = try optimizer.logits(of: GlobalBatch(validation.texts.batch(texts)))
        for (text, logits) in zip(texts, rows) { try body(text, logits) }
      }
    }
    var loss = 0.0
    switch validation.targets {
    case .one(let truth):
      var report = try ClassificationReport(labels: labels, mistakeLimit: 0)
      try forEachText { text, logits in
        let scores = ScoreFunction.softmax(logits)
        try report.add(trueLabel: truth[text], scores: scores)
        loss -= log(Double(max(scores[truth[text]], .leastNormalMagnitude)))
      }
      return (.one(report), loss / Double(max(1, count)))
    case .several(let truth):
      var report = try MultiLabelReport(labels: labels, mistakeLimit: 0)
      try forEachText { text, logits in
        try report.add(
          trueLabels: labels.indices.filter { truth[text][$0] },
          scores: ScoreFunction.sigmoid(logits))
        for (logit, isTrue) in zip(logits, truth[text]) {
          loss += BinaryCrossEntropy.loss(logit: Double(logit), isTrue: isTrue)
        }
      }
      return (.several(report), loss / Double(max(1, count * labels.count)))
    }
  }

  /// Texts that are packed at a time.
  private static let evaluationTexts = 1024
}
