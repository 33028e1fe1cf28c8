import Training

/// Tells on standard error how far a training run is: one line that changes for a person at a
/// terminal, and else a line now and then.
final class TrainingProgress {
  private let epochCount: Int
  private let isTerminal: Bool
  private var line: ProgressLine
  private var lastPlainLine = ContinuousClock.now
  /// Of the epoch so far.
  private var (examples, tokens, seconds) = (0, 0, 0.0)

  /// Seconds from one plain line to the next.
  private static let interval = 30.0

  init(epochCount: Int, isTerminal: Bool = StandardError.showsProgress) {
    self.epochCount = epochCount
    self.isTerminal = isTerminal
    line = ProgressLine(total: nil, isShown: isTerminal)
  }

  func tell(_ event: TrainingEvent) {
    switch event {
    case .step(let record): tell(record)
    case .epoch(let record):
      line.clear()
      StandardError.line(text(record))
      (examples, tokens, seconds) = (0, 0, 0)
      lastPlainLine = .now
    case .stoppedEarly(let patience):
      StandardError.line(
        "stopped early: \(patience) epoch\(patience == 1 ? "" : "s") without a better one")
    case .checkpoint: break
    }
  }

  /// Takes the changing line away before another message.
  func clear() { line.clear() }

  private func tell(_ record: StepRecord) {
    examples += record.exampleCount
    tokens += record.outcome.tokenCount
    seconds += record.seconds
    if isTerminal {
      line.update(text(record))
    } else if (ContinuousClock.now - lastPlainLine) / .seconds(1) > Self.interval {
      StandardError.line(text(record))
      lastPlainLine = .now
    }
  }

  private func text(_ record: StepRecord) -> String {
    [
      "epoch \(record.epoch) of \(epochCount)",
      "step \(record.step.grouped) of \(record.totalSteps.grouped)",
      "loss \(record.smoothedLoss.fixed(4))",
      "\(Int(Double(examples) / max(seconds, 1e-9)).grouped) texts/s",
      "\(Int(Double(tokens) / max(seconds, 1e-9)).grouped) tokens/s",
      "\(ProgressLine.duration(record.secondsLeft)) left",
    ].joined(separator: "  ")
  }

  private func text(_ record: EpochRecord) -> String {
    var text = "epoch \(record.epoch) of \(epochCount): loss \(record.trainingLoss.fixed(4))"
    if let figures = record.figures {
      text += "; validation: \(figures.scoreName) \(figures.score.fixed(4))"
      if let loss = figures.figures["loss"] { text += ", loss \(loss.fixed(4))" }
      if record.isBest { text += " (the best so far)" }
    }
    return text + "; \(ProgressLine.duration(record.seconds))"
  }
}
