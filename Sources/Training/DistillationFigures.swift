public import Evaluation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// How well teacher and student do on texts that the student did not learn from.
public struct DistillationFigures: Sendable, Equatable {
  /// The answers of one of the two models.
  public struct Answers: Sendable, Equatable {
    /// The share of labels, or hidden words, that it found; nil where none is known.
    public var accuracy: Double?
    /// The mean cross entropy with them, in nats.
    public var loss: Double?
    /// The report of a classifier.
    public var report: ClassificationReport?
  }

  public var teacher: Answers
  public var student: Answers
  /// The share of answers that are those of the teacher.
  public var agreement: Double
  /// How many texts, or hidden words.
  public var count: Int
  /// How many of them have a label.
  public var labelledCount: Int

  /// What the best epoch is chosen by: weighted F1 of a classifier, the geometric mean of the
  /// probabilities of the hidden words of a masked language model, and without labels the agreement.
  var epoch: EpochFigures {
    var figures = ["agreement": agreement]
    figures["accuracy"] = student.accuracy
    figures["loss"] = student.loss
    if let report = student.report {
      figures["weighted_f1"] = report.weighted.f1
      return EpochFigures(score: report.weighted.f1, scoreName: "weighted F1", figures: figures)
    }
    if let loss = student.loss {
      let probability = exp(-loss)
      figures["perplexity"] = exp(loss)
      return EpochFigures(
        score: probability, scoreName: "mean probability of the hidden word", figures: figures)
    }
    return EpochFigures(score: agreement, scoreName: "agreement with the teacher", figures: figures)
  }
}
