import Cloud4Bert
import Files
import Records

/// What classification adds to a row.
struct ClassificationColumns {
  /// Which scores are told beside the best one.
  enum Detail {
    case best
    /// Every label's, as `score_<label>`.
    case all
    /// The labels with the highest scores, so many of them.
    case top(Int)
    /// The labels above a threshold.
    case above(Float)
  }

  let names: [String]
  private let detail: Detail
  private let isJSON: Bool
  /// Whether a label holds what would stand between labels.
  private let holdsSeparator: Bool

  /// What stands between several labels in one field.
  private static let separator = ";"

  /// - Parameter format: Of the output: JSON has lists, where tables have a column for each entry.
  init(labels: [String], detail: Detail, format: RecordFormat) {
    isJSON = format == .jsonl
    holdsSeparator = labels.contains { $0.contains(Self.separator) }
    let best = ["label", "score"]
    switch detail {
    case .best:
      self.detail = detail
      names = best
    case .all:
      self.detail = detail
      names = best + Self.scoreNames(labels)
    case .top(let count):
      let count = min(count, labels.count)
      self.detail = .top(count)
      let ranks = count > 1 ? Array(2...count) : []
      names = best + (isJSON ? ["predictions"] : ranks.flatMap { ["label_\($0)", "score_\($0)"] })
    case .above:
      self.detail = detail
      names = best + ["labels"]
    }
  }

  /// Of labels with one name the later ones get their id behind it: no two columns are called the same.
  private static func scoreNames(_ labels: [String]) -> [String] {
    var taken = Set(labels.map { ExactString($0) })
    var seen: Set<ExactString> = []
    return labels.enumerated().map { id, label in
      guard !seen.insert(label) else { return "score_\(label)" }
      var name = "\(label)_\(id)"
      while !taken.insert(name) { name += "_\(id)" }
      return "score_\(name)"
    }
  }

  func values(of answer: Classification) -> [FieldValue] {
    let best: [FieldValue] = [.string(answer.label), .number(answer.score)]
    switch detail {
    case .best: return best
    case .all: return best + answer.values.map { .number($0) }
    case .top(let count):
      let top = answer.top(count)
      guard isJSON else {
        return best + top.dropFirst().flatMap { [.string($0.label), .number($0.score)] }
      }
      let objects = top.map { label, score in
        let number = score.isFinite ? "\(score)" : "null"
        return "{\"label\":\(JSON.quote(label)),\"score\":\(number)}"
      }
      return best + [.json("[\(objects.joined(separator: ","))]")]
    case .above(let threshold):
      let labels = answer.labels(above: threshold)
      let isArray = isJSON || holdsSeparator
      let list =
        isArray
        ? "[\(labels.map(JSON.quote).joined(separator: ","))]"
        : labels.joined(separator: Self.separator)
      return best + [isArray ? .json(list) : .string(list)]
    }
  }
}
