extension JSON {
  /// The value as text, objects with their keys in alphabetical order as transformers writes them.
  ///
  /// - Parameter indentation: Spaces of each level, for a person to read; nil for one line.
  package func text(indentation: Int? = nil) -> String {
    var text = ""
    append(to: &text, indentation: indentation, depth: 0)
    return text
  }

  private func append(to text: inout String, indentation: Int?, depth: Int) {
    func breakLine(_ depth: Int) {
      guard let indentation else { return }
      text += "\n" + String(repeating: " ", count: indentation * depth)
    }
    switch self {
    case .null: text += "null"
    case .bool(let value): text += "\(value)"
    case .integer(let value): text += "\(value)"
    case .number(let value): Self.append(value, to: &text)
    case .string(let value): text += Self.quote(value)
    case .brokenString(let source): text += "\"\(source)\""
    case .array(let values):
      text += "["
      for (index, value) in values.enumerated() {
        if index > 0 { text += "," }
        breakLine(depth + 1)
        value.append(to: &text, indentation: indentation, depth: depth + 1)
      }
      if !values.isEmpty { breakLine(depth) }
      text += "]"
    case .object(let members):
      text += "{"
      let sorted =
        members.sorted(by: Self.areInOrder).map { (JSON.string($0.key), $0.value) }
        + members.brokenKeys.map { (JSON.brokenString(source: $0.key), $0.value) }
      for (index, (key, value)) in sorted.enumerated() {
        if index > 0 { text += "," }
        breakLine(depth + 1)
        key.append(to: &text, indentation: nil, depth: 0)
        text += indentation == nil ? ":" : ": "
        value.append(to: &text, indentation: indentation, depth: depth + 1)
      }
      if !sorted.isEmpty { breakLine(depth) }
      text += "}"
    }
  }

  private static func areInOrder(_ left: JSONMembers.Element, _ right: JSONMembers.Element) -> Bool
  {
    left.key.utf8.lexicographicallyPrecedes(right.key.utf8)
  }

  /// With the fewest digits that read back to the same number, and as Python writes what is none.
  private static func append(_ number: Double, to text: inout String) {
    if number.isNaN {
      text += "NaN"
    } else if number.isInfinite {
      text += number < 0 ? "-Infinity" : "Infinity"
    } else {
      text += "\(number)"
    }
  }
}
