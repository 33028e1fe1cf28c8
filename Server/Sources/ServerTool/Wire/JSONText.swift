import Foundation
import NIOCore

/// JSON that is written piece by piece: answers are mostly numbers, which need no detour by objects.
struct JSONText {
  private(set) var bytes = ByteBuffer()

  mutating func raw(_ text: StaticString) {
    bytes.writeStaticString(text)
  }

  mutating func string(_ text: String) {
    bytes.writeString(Self.quoted(text))
  }

  /// A text that is JSON already.
  mutating func json(_ text: String) { bytes.writeString(text) }

  /// The shortest digits that read back as this number.
  mutating func number(_ value: Float) { bytes.writeString(value.isFinite ? "\(value)" : "null") }

  mutating func number(_ value: Int) { bytes.writeString("\(value)") }

  mutating func array<Element>(
    _ elements: some Sequence<Element>, _ body: (inout JSONText, Element) throws -> Void
  ) rethrows {
    raw("[")
    var isFirst = true
    for element in elements {
      if !isFirst { raw(",") }
      isFirst = false
      try body(&self, element)
    }
    raw("]")
  }

  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case "\0"..<" ":
        quoted += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
