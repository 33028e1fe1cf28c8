import Checkpoints
import Cloud4Bert
import Inference
import Records
import Tensors
import Transformers

/// The answers of one model, or of two on the same texts.
final class ModelEvaluation: Evaluation {
  private let settings: EvaluationSettings
  private let models: [Model]
  private let labels: [String]
  private var notes = RowNotes()
  private var differing: [DifferingText] = []

  private final class Model {
    let name: String
    let classifier: TextClassifier
    /// The id of this model's label for each label of the first.
    let order: [Int]
    // What gathers: of texts with one label each, or else of texts with any number.
    var one: (report: ClassificationReport, predictions: LabelledPredictions)?
    var several: MultiLabelReport?

    init(
      name: String, classifier: TextClassifier, order: [Int], labels: [String],
      settings: EvaluationSettings
    ) throws {
      self.name = name
      self.classifier = classifier
      self.order = order
      if classifier.givesSeveralLabels {
        several = try MultiLabelReport(
          labels: labels, thresholds: labels.map { _ in settings.threshold },
          mistakeLimit: settings.mistakeLimit)
      } else {
        let keepsScores = settings.wantsCurves && labels.count <= EvaluationSettings.mostCurves
        one = (
          try ClassificationReport(labels: labels, mistakeLimit: settings.mistakeLimit),
          LabelledPredictions(labelCount: labels.count, keepsScores: keepsScores)
        )
      }
    }

    func scores(of answer: Classification) -> [Float] { order.map { answer.values[$0] } }

    func add(_ truth: TrueLabels, _ scores: [Float], _ record: Record) throws {
      switch truth {
      case .one(let id):
        try one?.report.add(
          trueLabel: id, scores: scores, row: record.row, text: record.text, pair: record.pair)
        one?.predictions.add(trueLabel: id, scores: scores)
      case .several(let ids):
        try several?.add(
          trueLabels: ids, scores: scores, row: record.row, text: record.text, pair: record.pair)
      }
    }

    var measurement: EvaluatedModel.Measurement {
      if let one { return .one(one.report, one.predictions) }
      return .several(several!, hasScores: true)
    }
  }

  /// - Throws: `EvaluationError` for a model that gives no labels, or another number of them than
  ///   there are names, and ``EvaluationJobError`` for two that cannot be compared.
  init(
    settings: EvaluationSettings, models: [(name: String, classifier: TextClassifier)]
  ) throws {
    self.settings = settings
    let first = models[0].classifier
    let labels = settings.names ?? first.labels
    self.labels = labels
    for model in models {
      // What is no good for a report is told here, in words that fit the model.
      if model.classifier.givesSeveralLabels {
        _ = try MultiLabelReport(for: model.classifier, labels: settings.names)
      } else {
        _ = try ClassificationReport(for: model.classifier, labels: settings.names)
      }
    }
    let several = models.filter(\.classifier.givesSeveralLabels)
    if let one = models.first(where: { !$0.classifier.givesSeveralLabels }),
      let several = several.first
    {
      throw EvaluationJobError.otherKind(one: one.name, several: several.name)
    }
    self.models = try models.map { model in
      let own = settings.names ?? model.classifier.labels
      guard let order = LabelOrder.order(of: own, like: labels) else {
        throw EvaluationJobError.otherLabels([(models[0].name, labels), (model.name, own)])
      }
      return try Model(
        name: model.name, classifier: model.classifier, order: order, labels: labels,
        settings: settings)
    }
  }

  func run(
    _ reader: RecordReader, leavingOut badRows: BadRows?
  ) async throws -> EvaluationResult {
    let labelReader = LabelReader(
      file: reader.name, settings: settings, index: try LabelIndex(labels: labels),
      isMultiLabel: models[0].classifier.givesSeveralLabels)
    let engines = models.map(\.classifier.engine)
    try await RecordJob(
      reader: reader, sink: nil, engines: engines, badRows: badRows
    ).run { record in
      let truth = try labelReader.labels(of: record)
      return (truth, truth.map { _ in TextInput(record) })
    } write: { record, truth, answers in
      try add(record, truth, answers, of: reader.name)
    }
    guard count > 0 else {
      throw NoRows(file: reader.name, unlabelled: notes.skipped + (badRows?.count ?? 0))
    }
    notes.tell(
      in: reader.name, column: settings.column, maxLength: models[0].classifier.maxLength)
    return result(reader.name)
  }

  private var count: Int {
    models[0].one?.report.count ?? models[0].several?.count ?? 0
  }

  private func add(
    _ record: Record, _ truth: TrueLabels?, _ answers: [Classification], of file: String
  ) throws {
    guard let truth else {
      notes.skipped += 1
      return
    }
    if answers[0].isTruncated { notes.truncated += 1 }
    do {
      for (model, answer) in zip(models, answers) {
        try model.add(truth, model.scores(of: answer), record)
      }
    } catch {
      let place = RecordPlace(file: file, row: record.row, line: record.line)
      throw RowError(place: "\(place)", cause: error)
    }
    if models.count == 2 { compare(record, truth, zip(models, answers).map { $0.scores(of: $1) }) }
  }

  /// Keeps a text that one model alone is right about.
  private func compare(_ record: Record, _ truth: TrueLabels, _ scores: [[Float]]) {
    guard case .one(let id) = truth, settings.mistakeLimit > 0 else { return }
    let best = scores.map { scores in
      scores.indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 }
    }
    guard (best[0] == id) != (best[1] == id) else { return }
    let wrong = best[0] == id ? 1 : 0
    let certainty = scores[wrong][best[wrong]]
    let place = differing.firstIndex { $0.certainty < certainty } ?? differing.endIndex
    guard place < settings.mistakeLimit else { return }
    differing.insert(
      DifferingText(
        row: record.row, text: record.text, pair: record.pair, truth: labels[id],
        answers: zip(best, scores).map { "\(labels[$0]) \(Double($1[$0]).fixed(4))" },
        isFirstRight: wrong == 1, certainty: certainty), at: place)
    if differing.count > settings.mistakeLimit { differing.removeLast() }
  }

  private func result(_ input: String) -> EvaluationResult {
    let measured = models.map { model in
      EvaluatedModel(
        name: model.name, measurement: model.measurement, bootstrap: settings.bootstrap)
    }
    let options = models[0].classifier.options
    var result = EvaluationResult(
      input: input, models: measured, skipped: notes.skipped,
      facts: RunFacts(
        models: models.map { model in
          let configuration = model.classifier.configuration
          return "\(model.name) (\(configuration.layerCount) layers x \(configuration.hiddenSize))"
        },
        precision: "\(options.precision ?? .automatic) by \(options.productKernel)",
        threads: models[0].classifier.engine.threads))
    if models.count == 2 {
      let bootstrap = settings.bootstrap ?? Bootstrap()
      if let first = models[0].one?.predictions, let second = models[1].one?.predictions {
        result.comparison = PairedComparison(first, second, bootstrap: bootstrap)
      } else if let first = models[0].several, let second = models[1].several {
        result.comparison = first.compared(with: second, bootstrap: bootstrap)
      }
      result.differing = differing
    }
    return result
  }
}
