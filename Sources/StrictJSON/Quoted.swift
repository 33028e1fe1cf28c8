/// A name from a stranger's file or server, in quotation marks and made safe to print: control
/// characters, which a terminal obeys, are escaped, and long names are cut.
package func quoted(_ name: String) -> String {
  var text = "'"
  for (count, scalar) in name.unicodeScalars.enumerated() {
    if count == 120 {
      text += "..."
      break
    }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator:
      text += "\\u{" + String(scalar.value, radix: 16) + "}"
    default: text.unicodeScalars.append(scalar)
    }
  }
  return text + "'"
}
