/// A name from a stranger's file or server, in quotation marks and made safe to print; long names are cut.
package func quoted(_ name: String) -> String {
  "'\(printable(name, limit: 120))'"
}

/// At most twenty names, quoted: a message stays one line that a person reads.
package func quotedList(_ names: some Collection<String>) -> String {
  if names.isEmpty { return "none" }
  let shown = names.prefix(20).map(quoted).joined(separator: ", ")
  return names.count > 20 ? "\(shown) and \(names.count - 20) more" : shown
}

/// The text on one line, without what a terminal obeys or nobody sees: control characters, those that
/// turn the direction of writing, spaces other than the usual one, and what has no shape are escaped.
///
/// - Parameter limit: How many of its scalars are shown; as many as a path may have, if not given.
package func printable(_ text: String, limit: Int = 4096) -> String {
  var result = ""
  for (count, scalar) in text.unicodeScalars.enumerated() {
    if count == limit { return result + "..." }
    if isVisible(scalar) {
      result.unicodeScalars.append(scalar)
    } else {
      result += "\\u{" + String(scalar.value, radix: 16) + "}"
    }
  }
  return result
}

private func isVisible(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
  case .spaceSeparator: scalar == " "
  // Emoji are written with U+FE0F, which leaves them visible; fillers of Hangul and Braille are not.
  default:
    scalar == "\u{FE0F}" || !scalar.properties.isDefaultIgnorableCodePoint && scalar != "\u{2800}"
  }
}
