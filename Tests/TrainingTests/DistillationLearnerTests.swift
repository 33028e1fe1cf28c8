import Checkpoints
import Cloud4Bert
import Foundation
import Synchronization
import Tensors
import TestSupport
import Testing
import Tokenization
import Transformers

@testable import Training

@Suite struct DistillationLearnerTests {
  private let scratch = FileManager.default.temporaryDirectory
    .appending(path: "DistillationLearnerTests-\(UUID().uuidString)")
  private let texts = [
    "the film was great", "a bad plot", "it is not good", "very slow", "the plot works",
    "a great film", "bad bad bad", "is it good", "slow film", "the the plot", "a b c d e f",
    "not very great, not good!",
  ].map { TextInput($0) }
  private let labels: [Int?] = [2, 0, nil, 0, 1, 2, 0, nil, 0, 1, 1, nil]

  private func teacher(_ task: Teacher.Task = .classification) throws -> Teacher {
    let name = task == .classification ? "teacher" : "teacher-masked-lm"
    return try Teacher(
      folder: fixturesFolder.appending(path: "distillation/\(name)"), task: task)
  }

  private func learner(
    _ teacher: Teacher, student: Student? = nil, settings: DistillationSettings = .init(),
    threads: Int = 2, usesDropout: Bool = true, validates: Bool = true
  ) throws -> DistillationLearner {
    var options = LearnerOptions()
    options.threads = threads
    options.usesDropout = usesDropout
    options.seed = 3
    return try DistillationLearner(
      teacher: teacher,
      student: student ?? Student(of: teacher, takenLayers: [0, 3], seed: 3), settings: settings,
      training: (texts, labels), validation: validates ? (texts, labels) : nil, options: options)
  }

  // MARK: Steps

  private struct Steps: Decodable {
    struct Step: Decodable {
      let learningRate: Double
      let loss: Double
      let gradientNorm: Double
      let parts: [String: Double]

      enum CodingKeys: String, CodingKey {
        case loss, parts
        case learningRate = "learning_rate"
        case gradientNorm = "gradient_norm"
      }
    }

    let ids: [[Int32]]
    let places: [[Int]]
    let labels: [Int]
    let steps: [Step]

    enum CodingKeys: String, CodingKey {
      case places, labels, steps
      case ids = "input_ids"
    }
  }

  @Test(arguments: Teacher.Task.allCases, [(1, 4096), (2, 16), (3, 1)])
  func stepsAreTorchs(_ task: Teacher.Task, _ cut: (threads: Int, shardTokens: Int)) throws {
    let teacher = try teacher(task)
    let data = try Data(contentsOf: teacher.folder.appending(path: "steps.json"))
    let expected = try JSONDecoder().decode(Steps.self, from: data)
    let student = try Student(of: teacher, takenLayers: [0, 3], seed: 0)
    let optimizer = DataParallelStep(
      student.model, optimizer: AdamW(student.model.parameters.layout), threads: cut.threads,
      maxTokens: cut.shardTokens)
    let batch = PackedBatch(expected.ids)
    let places = expected.places.enumerated().flatMap { index, places in
      places.map { batch.sequenceOffsets[index] + $0 }
    }
    let objective = DistillationObjective(
      teacher: teacher, settings: .init(), labels: expected.labels.map { $0 >= 0 ? $0 : nil },
      tokenCount: batch.tokenCount)
    #expect(expected.steps.count == 5)
    for (index, step) in expected.steps.enumerated() {
      let result = try optimizer(
        GlobalBatch(batch, maskedTokens: places), objective: objective,
        learningRate: step.learningRate, dropoutSeed: nil)
      // Float32 of another order of summation, through steps that each amplify it.
      let tolerance = index == 0 ? 2e-5 : 1e-3
      #expect(abs(result.loss - step.loss) < tolerance * step.loss, "step \(index)")
      #expect(
        abs(result.gradientNorm - step.gradientNorm) < 10 * tolerance * step.gradientNorm,
        "step \(index): \(result.gradientNorm)")
      for (name, value) in zip(result.lossParts.names, result.lossParts.values) {
        #expect(
          abs(try value - #require(step.parts["\(name)"])) < tolerance * step.loss,
          "step \(index): \(name)")
      }
    }
  }

  @Test func aStudentOfAllLayersHasNothingToLearnFromItsTeacher() throws {
    for task in Teacher.Task.allCases {
      let teacher = try teacher(task)
      let learner = try learner(
        teacher, student: Student(of: teacher, layerCount: 4, seed: 0), usesDropout: false)
      let outcome = try learner.step(
        TrainingBatch(epoch: 0, step: 0, examples: Array(texts.indices)), learningRate: 0)
      #expect(try abs(#require(outcome.lossParts["cosine"])) < 1e-5)
      let distillation = try #require(outcome.lossParts["distillation"])
      let figures = try #require(try learner.figures())
      #expect(figures.count > 0 && figures.labelledCount > 0)
      if task == .maskedLM {
        #expect(abs(distillation) < 1e-4)
        #expect(figures.agreement == 1)
        #expect(figures.student.accuracy == figures.teacher.accuracy)
      } else {
        // The pooler's tanh has become a ReLU.
        #expect(distillation > 0)
      }
    }
  }

  @Test func aStepWithoutHiddenWordsLearnsFromTheStates() throws {
    let teacher = try teacher(.maskedLM)
    let learner = try DistillationLearner(
      teacher: teacher, student: Student(of: teacher, seed: 0), settings: .init(),
      training: (["", "the film was great"], [nil, nil]), validation: ([""], [nil]),
      options: .init())
    let outcome = try learner.step(
      TrainingBatch(epoch: 0, step: 0, examples: [0]), learningRate: 1e-3)
    #expect(outcome.lossParts["distillation"] == 0 && outcome.lossParts["task"] == 0)
    #expect(try #require(outcome.lossParts["cosine"]) > 0)
    #expect(try learner.figures() == nil)
    #expect(
      error {
        _ = try DistillationLearner(
          teacher: teacher, student: Student(of: teacher, seed: 0), settings: .init(),
          training: ([""], [nil]), validation: nil, options: .init())
      } == .nothingToHide(textCount: 1))
  }

  @Test(arguments: Teacher.Task.allCases)
  func learnsFromItsTeacher(_ task: Teacher.Task) throws {
    defer { try? FileManager.default.removeItem(at: scratch) }
    let teacher = try teacher(task)
    let learner = try learner(teacher)
    let before = try #require(try learner.figures())
    var settings = TrainingLoop.Settings()
    settings.epochs = 30
    settings.batchSize = 4
    settings.learningRate = 5e-3
    let outcome = try TrainingLoop(
      settings: settings, folder: scratch.appending(path: "\(task)")
    ).run(learner)
    let losses = outcome.epochs.map(\.trainingLoss)
    // Of a few tiny texts with other words hidden each time, less can be learnt.
    let goal = task == .classification ? 0.6 : 0.85
    #expect(try #require(losses.last) < goal * losses[0], "\(losses)")
    let after = try #require(try learner.figures())
    #expect(after.agreement >= before.agreement)
    #expect(after.agreement > (task == .classification ? 0.75 : 0.3))
    #expect(outcome.best?.figures?.figures["agreement"] == after.agreement)
    // The teacher's own do not change.
    #expect(after.teacher == before.teacher)
  }

  @Test(arguments: Teacher.Task.allCases)
  func aRunThatWasBrokenOffComesToTheSame(_ task: Teacher.Task) throws {
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    var settings = TrainingLoop.Settings()
    settings.epochs = 2
    settings.batchSize = 5
    settings.learningRate = 1e-2
    settings.checkpointMinutes = 0
    func loop(_ name: String) -> TrainingLoop {
      TrainingLoop(settings: settings, folder: scratch.appending(path: name))
    }
    let teacher = try teacher(task)
    let whole = try learner(teacher)
    let expected = try loop("whole").run(whole)
    let asked = Mutex(0)
    let first = try loop("broken").run(
      try learner(teacher),
      isInterrupted: {
        asked.withLock { count in
          count += 1
          return count > 2
        }
      })
    #expect(first.isInterrupted && first.stepCount == 2)
    let second = try learner(teacher)
    let outcome = try loop("broken").run(second, isResuming: true)
    #expect(outcome.epochs.map(\.trainingLoss) == expected.epochs.map(\.trainingLoss))
    #expect(outcome.epochs.map(\.figures) == expected.epochs.map(\.figures))
    for (name, learner) in [("a", whole), ("b", second)] {
      try SafetensorsWriter.write(
        learner.parameters, to: scratch.appending(path: "\(name).safetensors").path)
    }
    #expect(
      try Data(contentsOf: scratch.appending(path: "a.safetensors"))
        == Data(contentsOf: scratch.appending(path: "b.safetensors")))
  }

  // MARK: Folders

  @Test(arguments: Teacher.Task.allCases, [true, false])
  func theFolderHoldsTheStudent(_ task: Teacher.Task, _ isBFloat16: Bool) throws {
    defer { try? FileManager.default.removeItem(at: scratch) }
    let teacher = try teacher(task)
    let learner = try learner(teacher)
    if isBFloat16 { learner.roundToBFloat16() }
    try learner.write(to: ModelFolder(scratch), isBFloat16: isBFloat16, card: "card")
    let configuration = try ModelConfiguration(folder: scratch)
    #expect(configuration.family == .distilBert && configuration.layerCount == 2)
    #expect(configuration.elementType == (isBFloat16 ? .bfloat16 : .float32))
    let reopened = try DistillationLearner(
      teacher: teacher,
      student: Student(folder: scratch, teacher: teacher, texts: texts, seed: 1),
      settings: .init(), training: (texts, labels), validation: (texts, labels),
      options: {
        var options = LearnerOptions()
        options.seed = 3
        return options
      }())
    #expect(reopened.student.notes == [])
    #expect(try reopened.figures() == learner.figures())
    switch task {
    case .classification:
      let classifier = try TextClassifier(folder: scratch)
      #expect(classifier.labels == teacher.configuration.labels)
      let report = try #require(try learner.figures()?.student.report)
      var correct = 0
      for (text, label) in zip(texts, labels) {
        guard let label else { continue }
        if try classifier.classifyBlocking(text.text).label == classifier.labels[label] {
          correct += 1
        }
      }
      #expect(abs(report.accuracy - Double(correct) / 9) < 1e-9)
    case .maskedLM:
      #expect(try FillMask(folder: scratch).fillBlocking("a [MASK] film", topK: 3)[0].count == 3)
    }
  }

  // MARK: What is refused

  private func error(_ body: () throws -> Void) -> DistillationError? {
    do {
      try body()
      return nil
    } catch {
      return error as? DistillationError
    }
  }

  @Test func layersAreTheTeachers() throws {
    let teacher = try teacher()
    #expect(try Student(of: teacher, seed: 0).model.configuration.layerCount == 2)
    #expect(
      error { _ = try Student(of: teacher, layerCount: 5, seed: 0) }
        == .tooManyLayers(asked: 5, teacher: 4))
    for count in [0, -1] {
      #expect(
        error { _ = try Student(of: teacher, layerCount: count, seed: 0) }
          == .tooManyLayers(asked: count, teacher: 4))
    }
    #expect(
      error { _ = try Student(of: teacher, takenLayers: [], seed: 0) }
        == .tooManyLayers(asked: 0, teacher: 4))
    for (size, nearest) in [(0, "8"), (-8, "8"), (12, "8 or 16"), (1 << 40, "65536"), (4, "8")] {
      let error = error { _ = try Student(of: teacher, hiddenSize: size, seed: 0) }
      #expect(error == .hiddenSizeNotDivisible(asked: size, headSize: 8))
      #expect(error.map { "\($0)".hasSuffix("take \(nearest)") } == true, "\(size)")
    }
    #expect(
      error { _ = try Student(of: teacher, takenLayers: [0, 4], seed: 0) }
        == .layerOutOfRange(layer: 4, teacher: 4))
    #expect(
      error { _ = try Student(of: teacher, hiddenSize: 12, seed: 0) }
        == .hiddenSizeNotDivisible(asked: 12, headSize: 8))
  }

  @Test func statesOfOtherWidthsHaveNoCosine() throws {
    let teacher = try teacher()
    let narrow = try Student(of: teacher, hiddenSize: 8, seed: 0)
    #expect(narrow.notes.joined().contains("random weights"))
    #expect(
      error { _ = try self.learner(teacher, student: narrow) }
        == .otherHiddenSize(student: 8, teacher: 16))
    var settings = DistillationSettings()
    settings.cosineWeight = 0
    let batch = TrainingBatch(epoch: 0, step: 0, examples: [0, 1, 2])
    let without = try self.learner(teacher, student: narrow, settings: settings)
    #expect(try without.step(batch, learningRate: 1e-3).loss.isFinite)
  }

  private typealias Labelled = (inputs: [TextInput], labels: [Int?])

  @Test func whatDoesNotGoTogetherIsToldBeforeTheFirstStep() throws {
    let teacher = try teacher()
    func problem(
      training: Labelled? = nil, validation: Labelled? = nil,
      _ change: (inout DistillationSettings, inout LearnerOptions) -> Void = { _, _ in }
    ) throws -> String {
      var (settings, options) = (DistillationSettings(), LearnerOptions())
      change(&settings, &options)
      let error = try #require(
        thrownError(TrainingError.self) {
          try DistillationLearner(
            teacher: teacher, student: Student(of: teacher, seed: 0), settings: settings,
            training: training ?? (texts, labels), validation: validation, options: options)
        })
      #expect(!"\(error)".contains("\n"))
      return "\(error)"
    }
    let wrong: Labelled = (Array(texts.prefix(2)), [1, 9])
    #expect(try problem(training: wrong).contains("training texts: text 2 has the label id 9"))
    #expect(try problem(validation: wrong).contains("validation texts: text 2"))
    #expect(try problem(training: (texts, [1])).contains("1 labels for 12 texts"))
    #expect(try problem(training: ([], [])).contains("no texts"))
    #expect(try problem { settings, _ in settings.temperature = 0 }.contains("temperature is 0"))
    #expect(try problem { settings, _ in settings.taskWeight = -1 }.contains("task weight is -1"))
    #expect(try problem { _, options in options.precision = .bfloat16 }.contains("bf16x3"))
    #expect(try problem { _, options in options.weightDecay = .nan }.contains("weight decay"))
  }

  @Test func labelsAreNeededForTheTask() throws {
    let teacher = try teacher()
    let none = [Int?](repeating: nil, count: texts.count)
    func make(_ settings: DistillationSettings) throws -> DistillationLearner {
      try DistillationLearner(
        teacher: teacher, student: Student(of: teacher, seed: 0), settings: settings,
        training: (texts, none), validation: (texts, none), options: .init())
    }
    #expect(error { _ = try make(.init()) } == .noLabels(textCount: 12))
    var settings = DistillationSettings()
    settings.taskWeight = 0
    let figures = try #require(try make(settings).figures())
    #expect(figures.student.accuracy == nil && figures.labelledCount == 0)
    #expect(figures.epoch.scoreName.contains("agreement"))
  }

  @Test func aStudentMustFitItsTeacher() throws {
    let teacher = try teacher()
    let checkpoints = fixturesFolder.appending(path: "checkpoints")
    #expect(
      error {
        _ = try Student(
          folder: checkpoints.appending(path: "bert-multi-label"), teacher: teacher, texts: texts,
          seed: 0)
      }
        == .otherLabels(
          student: ["toxic", "threat", "insult", "obscene"],
          teacher: ["negative", "neutral", "positive"]))
    let heads = fixturesFolder.appending(path: "heads/bert-next-sentence")
    let other = error {
      _ = try Student(folder: heads, teacher: teacher, texts: texts, seed: 0)
    }
    guard case .otherTokenizer = other else {
      Issue.record("\(String(describing: other))")
      return
    }
    // An encoder without a head gets a new one.
    let bare = try Student(
      folder: checkpoints.appending(path: "bert-bare"), teacher: teacher, texts: texts, seed: 0)
    #expect(bare.notes.joined().contains("classifier.weight"))
    #expect(
      error {
        _ = try Teacher(
          folder: checkpoints.appending(path: "bert-multi-label"), task: .classification)
      } != nil)
    #expect(throws: MissingHeadError.self) {
      try Teacher(folder: teacher.folder, task: .maskedLM)
    }
    let masked = try self.teacher(.maskedLM).folder
    #expect(
      error { _ = try Teacher(folder: masked, task: .classification) }
        == .noClassifier(folder: masked.path, architecture: "BertForMaskedLM"))
  }

  @Test func messagesAreOneLine() {
    let all: [DistillationError] = [
      .noClassifier(folder: "f", architecture: nil), .notSingleLabel(folder: "f"),
      .tooManyLayers(asked: 9, teacher: 4),
      .layerOutOfRange(layer: 7, teacher: 4), .hiddenSizeNotDivisible(asked: 12, headSize: 8),
      .otherTokenizer(student: "a", teacher: "b", difference: "d"),
      .otherLabels(student: ["x"], teacher: ["y", "z"]), .otherHiddenSize(student: 1, teacher: 2),
      .noLabels(textCount: 3), .noMaskToken(folder: "f"), .nothingToHide(textCount: 2),
    ]
    for error in all { #expect(!"\(error)".contains("\n") && "\(error)".count < 250) }
  }
}
