import Files

/// Finds the id of a label as people write it in files of labelled texts.
///
/// In this order, the first that matches counts:
/// 1. the label's name, exactly;
/// 2. its id, `0`, `1` …, unless a label's name is itself a number: then a number is only a name;
/// 3. `LABEL_0`, `LABEL_1` …, as transformers calls labels without names;
/// 4. the name, or `LABEL_` and the id, whatever the case and however its accents are encoded, where
///   that fits one label only;
/// 5. a whole number with zeros behind its point, as pandas writes ids beside empty cells: `2.0` is
///   `2`.
///
/// White space around a label does not count.
public struct LabelIndex: Sendable {
  /// The names, in the order of their ids.
  public let labels: [String]

  private let ids: [ExactString: Int]
  /// By the lowercase name, canonically equivalent ones being one; nil where several labels share it.
  private let lowercasedIDs: [String: Int?]

  /// Takes the labels' names in the order of their ids.
  ///
  /// - Throws: ``EvaluationError/duplicateLabel(_:)`` where two labels have one name.
  public init(labels: [String]) throws(EvaluationError) {
    self.labels = labels
    var names: [ExactString: Int] = [:]
    for (id, name) in labels.enumerated() {
      guard names.updateValue(id, forKey: Self.trimmed(name)) == nil else {
        throw .duplicateLabel(name)
      }
    }
    var ids = names
    let namesAreNumbers = names.keys.contains { Int($0.string) != nil }
    for id in labels.indices {
      let spellings = namesAreNumbers ? ["LABEL_\(id)"] : ["\(id)", "LABEL_\(id)"]
      for spelling in spellings where names[spelling] == nil { ids[spelling] = id }
    }
    self.ids = ids
    lowercasedIDs = Dictionary(ids.map { ($0.string.lowercased(), $1) }) { $0 == $1 ? $0 : nil }
  }

  /// The id of a label, or nil where the model has none such.
  public func id(of label: String) -> Int? {
    let label = Self.trimmed(label)
    if let id = ids[label] ?? lowercasedIDs[label.lowercased()] ?? nil { return id }
    return Self.wholeNumber(label).flatMap { ids[$0] }
  }

  /// A whole number without the zeros behind its point; nil for all else, and without a point.
  package static func wholeNumber(_ label: String) -> String? {
    let parts = label.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty, parts[1].utf8.allSatisfy({ $0 == 0x30 }),
      let number = Int(parts[0])
    else { return nil }
    return String(number)
  }

  private static func trimmed(_ label: String) -> String {
    guard let first = label.firstIndex(where: { !$0.isWhitespace }),
      let last = label.lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(label[first...last])
  }
}
