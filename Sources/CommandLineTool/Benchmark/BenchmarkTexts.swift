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
  private let column: LabelColumn
  private let places: [RecordPlace]

  /// - Parameters:
  ///   - limit: How many rows to read at most.
  ///   - labelColumn: Nil for one called `label`, if there is such and every row has one.
  /// - Throws: `RecordError`, `NoRows`, `LabelFault`.
  init(_ reader: RecordReader, limit: Int, labelColumn: String?) throws {
    column = LabelColumn(name: labelColumn ?? LabelColumn.usualName)
    let rows = try LabelledRows(reader, column: column, limit: limit)
    if labelColumn != nil, let place = rows.unlabelled.first {
      throw LabelFault.missing(
        [place], column: column.name, remedy: "leave --label-column out")
    }
    file = rows.file
    inputs = rows.inputs
    let labels = rows.fields.compactMap { $0 }
    self.labels = labels.count == inputs.count ? labels : nil
    labelsAreWanted = labelColumn != nil
    places = rows.places
  }

  /// The ids of the labels, of which a model has these names; nil without labels, or where some are
  /// none of the model's and nobody asked for them.
  ///
  /// - Throws: `LabelFault`, `EvaluationError`.
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
      if !labelsAreWanted, index.id(of: label) == nil { return nil }
      ids.append(try column.id(of: label, in: index, at: place))
    }
    return ids
  }
}
