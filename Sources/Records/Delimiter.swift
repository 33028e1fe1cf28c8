/// What stands between the fields of a table's rows: one character, of any length in UTF-8.
public struct Delimiter: Sendable, Equatable {
  public static let comma = Delimiter(byte: UInt8(ascii: ","))
  public static let semicolon = Delimiter(byte: UInt8(ascii: ";"))
  public static let tab = Delimiter(byte: UInt8(ascii: "\t"))
  public static let pipe = Delimiter(byte: UInt8(ascii: "|"))

  /// Those that a header is tried with, in the order of preference for messages.
  static let candidates = [comma, semicolon, tab, pipe]

  /// Its UTF-8.
  let bytes: [UInt8]

  private init(byte: UInt8) {
    bytes = [byte]
  }

  /// A character that can separate fields: not a quote, a line break, NUL, or the character that
  /// bytes are replaced with that are not UTF-8.
  public init?(_ character: Unicode.Scalar) {
    switch character {
    case "\"", "\n", "\r", "\0", "\u{FFFD}": return nil
    default: bytes = Array(String(character).utf8)
    }
  }

  /// The separator as text, for messages and for the line `sep=` of spreadsheets.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Whether it stands at `position`, which is within `bytes`: nil where these end in the middle
  /// of it, and more follow.
  func stands(
    at position: Int, of bytes: UnsafeBufferPointer<UInt8>, atEnd: Bool
  ) -> Bool? {
    for (offset, byte) in self.bytes.enumerated() {
      guard position + offset < bytes.count else { return atEnd ? false : nil }
      if bytes[position + offset] != byte { return false }
    }
    return true
  }
}
