import ArgumentParser
import Checkpoints
import Cloud4Bert
import Records
import Training
import Transformers

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `cloud4bert distil`
struct DistilCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "distil",
    abstract: "Make a smaller, faster model that answers as a large one does.",
    discussion: """
      A student, a DistilBERT of as many layers as you like, begins as every other layer of its \
      teacher, a BERT or DistilBERT, and learns to answer as that does (Sanh et al., 2019). The \
      teacher's probabilities tell more than labels, so texts without labels help too.

        cloud4bert distil --teacher ./my-model --input labelled.csv \\
            --layers 3 --output ./small
        cloud4bert distil --teacher ./my-model --input labelled.csv \\
            --unlabelled posts.txt --epochs 10 --learning-rate 1.5e-4 \\
            --output ./smaller
        cloud4bert distil --teacher google-bert/bert-base-uncased --objective mlm \\
            --input texts.txt --output ./my-distilbert

      The loss is a weighted sum: the divergence from the teacher's probabilities at the \
      temperature, the cross entropy with the true labels of those texts that have one, and the \
      angle between the last hidden states of both.

      With --objective mlm the teacher is a masked language model, texts need no labels, and 15 % \
      of their tokens are hidden, others in each epoch: student and teacher guess these.

      Ctrl-C, --resume and training-log.jsonl are as for train. Prints the figures of teacher and \
      student on the validation texts, and their sizes.
      """,
    aliases: ["distill"])

  @Option(
    help: ArgumentHelp(
      "The folder of the model to learn from, or its name on the Hugging Face Hub.",
      valueName: "folder|name"),
    completion: .directory)
  var teacher: String

  @Option(
    help: ArgumentHelp(
      "The model that is to learn (default: a DistilBERT made from the teacher).",
      valueName: "folder|name"),
    completion: .directory)
  var student: String?

  @OptionGroup var inputOptions: InputOptions

  @OptionGroup var badExampleOptions: BadExampleOptions

  @Option(help: ArgumentHelp("The column or field that holds the label.", valueName: "name"))
  var labelColumn = LabelColumn.usualName

  @Option(
    help: ArgumentHelp("A file of more texts, without labels.", valueName: "file"),
    completion: .file())
  var unlabelled: String?

  @Option(help: "What both compute: classification, or mlm to find hidden words.")
  var objective = Teacher.Task.classification

  @OptionGroup var distilOptions: DistilOptions

  @OptionGroup var trainingOptions: TrainingOptions

  @OptionGroup var verbosity: VerbosityOptions

  func validate() throws {
    guard let input = inputOptions.input else {
      throw ValidationError("nothing to learn from: give a file of texts with --input")
    }
    try inputOptions.checkOneInput()
    try inputOptions.checkColumns(labelColumn: objective == .classification ? labelColumn : nil)
    var files = [input] + (unlabelled.map { [$0] } ?? [])
    if case .file(let file) = trainingOptions.validation { files.append(file) }
    if files.count(where: { $0 == "-" }) > 1 {
      throw ValidationError("only one of the files of texts can be standard input")
    }
    if student != nil, distilOptions.shapesStudent {
      throw ValidationError(
        "--layers, --take-layers and --hidden-size shape a new student, and --student names one "
          + "that is there")
    }
  }

  func run() async throws {
    let start = ContinuousClock.now
    // What can be refused is refused before the work.
    let destination = try trainingOptions.destination()
    let reader = try reader(of: inputOptions.input ?? "-")
    let teacher = try await Teacher(
      folder: ModelOptions.folder(of: teacher) ?? URL(filePath: teacher), task: objective,
      precision: trainingOptions.productPrecision)
    let (training, validation) = try texts(reader, teacher)
    let student = try await makeStudent(of: teacher, texts: training.inputs)
    let settings = distilOptions.settings(
      cosineWeight: cosineWeight(of: student, and: teacher))
    let learner = try DistillationLearner(
      teacher: teacher, student: student, settings: settings,
      training: (training.inputs, training.labels),
      validation: validation.map { ($0.inputs, $0.labels) }, options: trainingOptions.learnerOptions
    )
    tell(training, validation, learner)

    // Until here a signal ends the program without our help.
    let interruption = Interruption()
    let outcome = try trainingOptions.train(
      learner, in: destination, identity: identity(learner), interruption: interruption)
    let isRounded = trainingOptions.savePrecision == .bfloat16
    // What is measured is what is saved.
    if isRounded { learner.roundToBFloat16() }
    let result = DistillationResult(
      output: trainingOptions.output, learner: learner, outcome: outcome, isBFloat16: isRounded,
      figures: try learner.figures())
    let card = ModelCard(
      learner, input: reader.name, unlabelled: unlabelled, training: training,
      validation: validation, settings: settingLines(learner, outcome), result: result)
    try learner.write(to: destination, isBFloat16: isRounded, card: card.text)
    interruption.conclude()
    let output = try ByteSink(path: "-")
    output.append(try trainingOptions.json ? result.json : Array(result.table.utf8))
    try output.close()
    let seconds = ProgressLine.duration((ContinuousClock.now - start) / .seconds(1))
    StandardError.line("\(trainingOptions.output) written, \(seconds) in all")
  }

  // MARK: What goes in

  /// Whether labels count, and so must be there.
  private var needsLabels: Bool { objective == .classification && distilOptions.taskWeight > 0 }

  private func reader(of path: String, isLabelled: Bool = true) throws -> RecordReader {
    try inputOptions.reader(
      of: path, requiredColumns: isLabelled && needsLabels ? [labelColumn] : [],
      requiredMayBeMissing: true)
  }

  /// The texts to learn from, and those to measure on.
  private func texts(
    _ reader: RecordReader, _ teacher: Teacher
  ) throws -> (training: DistillationTexts, validation: DistillationTexts?) {
    let names = objective == .classification ? teacher.configuration.labels : []
    let index = objective == .classification ? try LabelIndex(labels: names) : nil
    var texts = DistillationTexts()
    let badRows = try badExampleOptions.badRows(of: reader)
    try texts.append(reader, labelColumn: labelColumn, index: index, leavingOut: badRows)
    var validation: DistillationTexts?
    switch trainingOptions.validation {
    case .none: break
    case .share(let share):
      (texts, validation) = try texts.split(
        share: share, labelCount: names.count, seed: trainingOptions.seed)
    case .file(let file):
      var others = DistillationTexts()
      try others.append(
        self.reader(of: file), labelColumn: labelColumn, index: index,
        leavingOut: badRows?.ofFile(file))
      validation = others
    }
    if let unlabelled {
      try texts.append(
        self.reader(of: unlabelled, isLabelled: false), labelColumn: nil, index: nil,
        leavingOut: badRows?.ofFile(unlabelled))
    }
    try badRows?.close()
    return (texts, validation)
  }

  private func makeStudent(of teacher: Teacher, texts: [TextInput]) async throws -> Student {
    if let folder = try await ModelOptions.folder(of: student) {
      return try Student(
        folder: folder, teacher: teacher, texts: texts, seed: trainingOptions.seed)
    }
    return try Student(
      of: teacher, layerCount: distilOptions.layers,
      takenLayers: distilOptions.takeLayers?.layers, hiddenSize: distilOptions.hiddenSize,
      seed: trainingOptions.seed)
  }

  /// That which was asked for, else the usual one where states of equal width have a cosine.
  private func cosineWeight(of student: Student, and teacher: Teacher) -> Double {
    if let weight = distilOptions.cosineWeight { return weight }
    let (own, other) = (
      student.model.configuration.hiddenSize, teacher.configuration.hiddenSize
    )
    if own == other { return DistillationSettings().cosineWeight }
    StandardError.line(
      "the cosine loss is left out: the student's states have \(own) dimensions and the teacher's "
        + "\(other)")
    return 0
  }

  private func identity(_ learner: DistillationLearner) -> [String: String] {
    var identity = trainingOptions.identity(maxLength: learner.maxLength)
    identity["--teacher"] = learner.teacher.folder.standardizedFileURL.path
    identity["--objective"] = objective.rawValue
    identity["the student"] = student ?? "\(learner.student.origin), \(learner.studentShape)"
    identity["--temperature"] = "\(learner.settings.temperature)"
    identity["--distillation-weight"] = "\(learner.settings.distillationWeight)"
    identity["--task-weight"] = "\(learner.settings.taskWeight)"
    identity["--cosine-weight"] = "\(learner.settings.cosineWeight)"
    identity["the digest of the training texts"] = learner.trainingDigest
    identity["the digest of the validation texts"] = learner.validationDigest ?? "none"
    return identity
  }

  // MARK: What is told

  /// What is known before the first step.
  private func tell(
    _ training: DistillationTexts, _ validation: DistillationTexts?,
    _ learner: DistillationLearner
  ) {
    var line = "\(training.inputs.count.grouped) texts to learn from"
    if objective == .classification {
      line += ", \(training.labelledCount.grouped) of them labelled"
    }
    StandardError.line(
      "\(line), \((validation?.inputs.count ?? 0).grouped) for validation")
    StandardError.line("student: \(learner.studentShape); \(learner.student.origin)")
    for note in training.notes + (validation?.notes ?? []) + learner.notes {
      StandardError.line(note)
    }
    for note in trainingOptions.notes { StandardError.line(note) }
    StandardError.line(trainingOptions.precisionLine)
    StandardError.line("\(learner.memory.text); the teacher not counted")
  }

  /// How the student came to be, for its card.
  private func settingLines(
    _ learner: DistillationLearner, _ outcome: TrainingOutcome
  ) -> [String] {
    let (options, settings) = (trainingOptions, learner.settings)
    return [
      "Student: \(learner.studentShape); began as \(learner.student.origin)",
      "Loss: \(settings.distillationWeight) x KL divergence from the teacher at temperature "
        + "\(settings.temperature) + \(settings.taskWeight) x cross-entropy with the "
        + (objective == .classification ? "labels" : "hidden words")
        + " + \(settings.cosineWeight) x cosine distance of the last hidden states",
    ] + options.settingLines(outcome, maxLength: learner.maxLength)
      + learner.notes.map { "Note: \($0)" }
  }
}
