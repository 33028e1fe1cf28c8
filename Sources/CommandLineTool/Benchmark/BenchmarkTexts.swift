import Cloud4Bert
import Files
import Records

/// The texts that models are measured on, and their labels where the file has them.
struct BenchmarkTexts {
  /// For messages.
  let file: String
  let inputs: [TextInput]
  /// As the file has them, one a text; nil where it has none.
  let labels: [String]?
  /// Whether a column of labels was asked for, so that it must be in order.
  let labelsAreWanted: Bool
  private let places: [RecordPlace]

  /// - Parameters:
  ///   - limit: How many rows to read at most.
  ///   - labelColumn: Nil for one called `label`, if there is such and every row has one.
  /// - Throws: `RecordError`, ``Fault``.
  init(_ reader: RecordReader, limit: Int, labelColumn: String?) throws {
    var inputs: [TextInput] = []
    var labels: [String] = []
    var places: [RecordPlace] = []
    while inputs.count < limit, let record = try reader.next() {
      let place = RecordPlace(file: reader.name, row: record.row, line: record.line)
      let label = record[labelColumn ?? Self.usualColumn]
      if let label, label.contains(where: { !$0.isWhitespace }) {
        labels.append(label)
      } else if let labelColumn {
        throw Fault.unlabelled(place, column: labelColumn)
      }
      inputs.append(TextInput(record))
      places.append(place)
    }
    guard !inputs.isEmpty else { throw Fault.noTexts(file: reader.name) }
    file = reader.name
    self.inputs = inputs
    self.labels = labels.count == inputs.count ? labels : nil
    labelsAreWanted = labelColumn != nil
    self.places = places
  }

  static let usualColumn = "label"

  /// The ids of the labels, of which a model has these names; nil without labels, or where some are
  /// none of the model's and nobody asked for them.
  ///
  /// - Throws: ``RowError``, `EvaluationError`.
  func labelIDs(_ names: [String]) throws -> [Int]? {
    guard let labels else { return nil }
    let index: LabelIndex
    do {
      index = try LabelIndex(labels: names)
    } catch {
      if labelsAreWanted { throw error }
      return nil
    }
    var ids: [Int] = []
    ids.reserveCapacity(labels.count)
    for (label, place) in zip(labels, places) {
      guard let id = index.id(of: label) else {
        guard labelsAreWanted else { return nil }
        throw RowError(
          place: "\(place)", cause: EvaluationError.unknownLabel(label, labels: names))
      }
      ids.append(id)
    }
    return ids
  }

  enum Fault: Error, CustomStringConvertible {
    case noTexts(file: String)
    case unlabelled(RecordPlace, column: String)

    var description: String {
      switch self {
      case .noTexts(let file):
        "\(file) has no rows; give texts to measure with"
      case .unlabelled(let place, let column):
        "\(place): no label in \(quoted(column)): fill it in, or leave --label-column out"
      }
    }
  }
}
