import Cloud4Bert
import Files
import Tensors

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Measures models side by side: a process for each, and rounds that take turns, A B, then B A, because
/// a machine's speed drifts.
struct Benchmark {
  let models: [BenchmarkedModel]
  let texts: BenchmarkTexts
  /// Names in place of the models' own.
  let labels: [String]?
  let options: TextClassifier.Options
  let rounds: Int
  let isProfiled: Bool
  let interruption: Interruption

  /// A round goes over the texts until it has taken so long.
  private static let roundSeconds = 0.25
  /// How many single texts are timed a round.
  private static let singleTexts = 50
  /// New processes to time the start of.
  private static let starts = 3

  func run() throws -> BenchmarkReport {
    var progress = ProgressLine(total: nil)
    defer { progress.clear() }

    var starts = models.map { _ in [(opening: Double, first: Double)]() }
    for turn in 0..<min(Self.starts, rounds) {
      for index in order(turn) where !models[index].isRandom {
        progress.update("starting \(models[index].name)")
        starts[index].append(try timeStart(models[index]))
      }
    }

    let running = try models.map { model in
      progress.update("opening \(model.name)")
      return try RunningModel(setup(model, texts.inputs), interruption: interruption)
    }
    let answers = try running.map { model in
      progress.update("classifying with \(model.model.name)")
      return try model.answers()
    }
    let repeats = try zip(running, answers).map { model, answers in
      progress.update("warming \(model.model.name) up")
      // The first time over the texts is slower than all that follow.
      let rough = Self.repeats(1, taking: answers.seconds)
      return Self.repeats(rough, taking: try model.round(repeats: rough))
    }
    var rates = models.map { _ in [Double]() }
    for round in 0..<rounds {
      for index in order(round) {
        progress.update("round \(round + 1) of \(rounds): \(models[index].name)")
        let seconds = try running[index].round(repeats: repeats[index])
        rates[index].append(Double(texts.inputs.count * repeats[index]) / seconds)
      }
    }
    // Before anything else takes memory.
    let memory = try running.map { try $0.peakMemory() }
    var latencies = models.map { _ in [Double]() }
    for round in 0..<rounds {
      for index in order(round) {
        progress.update("single texts, \(round + 1) of \(rounds): \(models[index].name)")
        latencies[index] += try running[index].single(singleTexts(round))
      }
    }
    let profiles = try zip(running, repeats).map { model, repeats in
      if isProfiled { progress.update("profile of \(model.model.name)") }
      return isProfiled ? try model.profile(repeats: 2 * repeats) : nil
    }
    return try report(running, answers, rates, latencies, starts, memory, profiles)
  }

  private func setup(_ model: BenchmarkedModel, _ inputs: [TextInput]) -> BenchmarkSetup {
    let hasPairs = inputs.contains { $0.pair != nil }
    return BenchmarkSetup(
      model: model, texts: inputs.map(\.text), pairs: hasPairs ? inputs.map { $0.pair ?? "" } : nil,
      threads: options.threads, batchTokens: options.batchTokens, maxLength: options.maxLength)
  }

  /// How often to go over the texts in a round, where some times took so long.
  private static func repeats(_ count: Int, taking seconds: Double) -> Int {
    max(1, Int((roundSeconds * Double(count) / max(seconds, 1e-6)).rounded(.up)))
  }

  /// Whose turn it is: forwards, then backwards.
  private func order(_ round: Int) -> [Int] {
    round.isMultiple(of: 2) ? Array(models.indices) : models.indices.reversed()
  }

  /// Texts spread over all, other ones each round.
  private func singleTexts(_ round: Int) -> [Int] {
    let count = texts.inputs.count
    guard count > Self.singleTexts else { return Array(0..<count) }
    return (0..<Self.singleTexts).map {
      ($0 * count / Self.singleTexts + round) % count
    }
  }

  private func timeStart(_ model: BenchmarkedModel) throws -> (opening: Double, first: Double) {
    let start = ContinuousClock.now
    let running = try RunningModel(setup(model, [texts.inputs[0]]), interruption: interruption)
    _ = try running.single([0])
    return (running.opened.seconds, (ContinuousClock.now - start) / .seconds(1))
  }

  private func report(
    _ running: [RunningModel], _ answers: [BenchmarkAnswers], _ rates: [[Double]],
    _ latencies: [[Double]], _ starts: [[(opening: Double, first: Double)]], _ memory: [Int?],
    _ profiles: [BenchmarkProfile?]
  ) throws -> BenchmarkReport {
    let names = try running.map { model in
      let own = model.opened.labels
      guard let labels, !model.model.isRandom else { return own }
      guard labels.count == own.count else {
        throw EvaluationError.labelCount(given: labels.count, labels: own)
      }
      return labels
    }
    var notes: [String] = []
    var figures: [ModelFigures] = []
    for (index, model) in running.enumerated() {
      let quality = try quality(of: model, answers[index], names[index], notes: &notes)
      var comparison: AnswerComparison?
      if index > 0, !models[0].isRandom, !model.model.isRandom {
        comparison = AnswerComparison(
          (answers[index], names[index]), with: (answers[0], names[0]))
        if comparison == nil {
          notes.append("\(model.model.name) and \(models[0].name) have different labels")
        }
      }
      let rate = Samples(rates[index])
      figures.append(
        ModelFigures(
          model: model.model, opened: model.opened,
          tokenCount: answers[index].tokenCounts.reduce(0, +), truncated: answers[index].truncated,
          textRates: rate, latencies: Samples(latencies[index]),
          openings: starts[index].isEmpty ? nil : Samples(starts[index].map(\.opening)),
          starts: starts[index].isEmpty ? nil : Samples(starts[index].map(\.first)),
          peakMemory: memory[index], accuracy: quality?.accuracy, weightedF1: quality?.weighted.f1,
          agreement: comparison?.agreement, scoreDifference: comparison?.scoreDifference,
          speedup: index == 0 ? nil : rate.medianRatio(to: Samples(rates[0])),
          profile: profiles[index], textCount: texts.inputs.count))
    }
    let unsteady = figures.filter(\.isUnsteady).map {
      "those of \($0.model.name) by \($0.textRates.spread.percent())"
    }
    if !unsteady.isEmpty {
      notes.append(
        """
        unsteady: rounds differ, \(unsteady.joined(separator: ", ")); something else may be running, \
        or the processor changes its clock: try again, or take more --rounds
        """)
    }
    if rounds == 1 { notes.append("one round: there is no telling how steady the figures are") }
    if let limitation = BLAS.limitation { notes.append(limitation) }
    notes += Processor.unheededVariables.map { printable($0) }
    return BenchmarkReport(
      models: figures, file: texts.file, textCount: texts.inputs.count, rounds: rounds,
      batchTokens: options.batchTokens, blasCore: BLAS.coreType, kernels: Processor.kernels,
      processor: Processor.extensions.joined(separator: " "), notes: notes)
  }

  private func quality(
    of model: RunningModel, _ answers: BenchmarkAnswers, _ names: [String], notes: inout [String]
  ) throws -> ClassificationReport? {
    guard texts.labels != nil, !model.model.isRandom, model.opened.choosesOne else { return nil }
    guard let ids = try texts.labelIDs(names) else {
      notes.append(
        """
        no accuracy of \(model.model.name): some labels in the column \
        "\(LabelColumn.usualName)" are none of its own; --labels names them
        """)
      return nil
    }
    var report = try ClassificationReport(labels: names, mistakeLimit: 0)
    for (id, best) in zip(ids, answers.best) {
      try report.add(trueLabel: id, scores: names.indices.map { $0 == best ? 1 : 0 })
    }
    return report
  }
}

/// A model in its own process, as the benchmark sees it.
private final class RunningModel {
  let model: BenchmarkedModel
  let opened: OpenedModel
  private let process: ChildProcess
  private let interruption: Interruption

  init(_ setup: BenchmarkSetup, interruption: Interruption) throws {
    model = setup.model
    self.interruption = interruption
    process = try ChildProcess(arguments: ["measure"])
    let reply = try Self.ask(.open(setup), of: process, interruption)
    guard case .opened(let opened) = reply else { throw Self.misunderstood }
    self.opened = opened
  }

  func answers() throws -> BenchmarkAnswers {
    guard case .answers(let answers) = try ask(.answers) else { throw Self.misunderstood }
    return answers
  }

  /// Seconds.
  func round(repeats: Int) throws -> Double {
    guard case .seconds(let seconds) = try ask(.round(repeats: repeats)), seconds.count == 1 else {
      throw Self.misunderstood
    }
    return seconds[0]
  }

  /// Seconds of each.
  func single(_ indices: [Int]) throws -> [Double] {
    guard case .seconds(let seconds) = try ask(.single(indices)) else { throw Self.misunderstood }
    return seconds
  }

  func peakMemory() throws -> Int? {
    guard case .memory(let bytes) = try ask(.memory) else { throw Self.misunderstood }
    return bytes
  }

  func profile(repeats: Int) throws -> BenchmarkProfile {
    guard case .profile(let profile) = try ask(.profile(repeats: repeats)) else {
      throw Self.misunderstood
    }
    return profile
  }

  private func ask(_ request: BenchmarkRequest) throws -> BenchmarkReply {
    try Self.ask(request, of: process, interruption)
  }

  /// Nothing is written before the end, so Ctrl-C may end the program while it waits here.
  private static func ask(
    _ request: BenchmarkRequest, of process: ChildProcess, _ interruption: Interruption
  ) throws -> BenchmarkReply {
    try process.send(JSONEncoder().encode(request))
    let line = try interruption.whileIdle { try process.receive() }
    let reply = try JSONDecoder().decode(BenchmarkReply.self, from: Data(line))
    if case .failed(let message) = reply { throw MeasurementError(message: message) }
    return reply
  }

  private static var misunderstood: ChildProcessError {
    ChildProcessError(reason: "gave another answer than was asked for")
  }
}

/// What went wrong with a model, in its process.
struct MeasurementError: Error, CustomStringConvertible {
  let message: String

  var description: String { message }
}
