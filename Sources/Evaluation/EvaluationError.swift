public import Files

/// Why predictions cannot be measured against true labels.
public enum EvaluationError: DescribedError, Sendable, Equatable {
  /// The model does not choose one of several labels.
  case notSingleLabel(labels: Int, scoreFunction: ScoreFunction)
  /// The model does not give each text any number of labels.
  case notMultiLabel(labels: Int, scoreFunction: ScoreFunction)
  /// More labels than a confusion matrix has room for.
  case tooManyLabels(count: Int, limit: Int)
  /// Two labels have one name.
  case duplicateLabel(String)
  /// Names were given for another number of labels than the model has.
  case labelCount(given: Int, labels: [String])
  /// The model has no such label.
  case unknownLabel(String, labels: [String])
  /// A label id past the last one.
  case labelOutOfRange(id: Int, count: Int)
  /// A text has another number of scores than there are labels.
  case scoreCount(found: Int, expected: Int)
  /// A score that is no probability.
  case notProbabilities(score: Float)

  public var description: String {
    switch self {
    case .notSingleLabel(let labels, let scoreFunction):
      switch scoreFunction {
      case .identity:
        "this model is a regression: evaluate measures models that give labels"
      case .sigmoid where labels == 1:
        "this model has a single label: evaluate measures models that give one of several"
      default:
        """
        this model may give a text several labels at once: a report of one label a text cannot \
        measure it (MultiLabelReport does)
        """
      }
    case .notMultiLabel(_, .identity):
      "this model is a regression: evaluate measures models that give labels"
    case .notMultiLabel:
      "this model gives each text one label: a report of several cannot measure it"
    case .tooManyLabels(let count, let limit):
      "the model has \(count) labels; a confusion matrix holds at most \(limit)"
    case .duplicateLabel(let name):
      "two labels are called \(quoted(name)): name every label once, in the order of the label ids"
    case .labelCount(let given, let labels):
      """
      \(given) label\(given == 1 ? "" : "s") named, but the model has \(labels.count): \
      \(quotedList(labels))
      """
    case .unknownLabel(let label, let labels):
      "the model has no label \(quoted(label)); its labels are \(quotedList(labels))"
    case .labelOutOfRange(let id, let count):
      "there is no label with the id \(id); ids are 0 to \(count - 1)"
    case .scoreCount(let found, let expected):
      "\(found) scores where there are \(expected) labels"
    case .notProbabilities(let score):
      """
      a score is \(score) where a probability from 0 to 1 is expected; the model's weights may be \
      damaged
      """
    }
  }
}
