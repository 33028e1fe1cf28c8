import Files

// What a tokenizer.json has around a Unigram model.

extension UnigramNormalizer {
  /// Reads the normalizers of a file, as they are; nothing where there are none.
  init(_ object: TokenizerFields?) throws(TokenizerError) {
    guard let object else { return }
    for part in try Self.parts(of: object) { steps.append(try Step(part)) }
    guard growth != nil else {
      throw .unsupported(
        file: object.file,
        reason:
          "its normalizers together can make a text more than \(Self.maximumGrowth) times as long")
    }
  }

  /// Takes of the normalizers of a file the map of characters only, as classes do that build theirs anew.
  init(characterMapOf object: TokenizerFields?) throws(TokenizerError) {
    guard let object else { return }
    for part in try Self.parts(of: object)
    where try part.string("type") == "Precompiled" && part.has("precompiled_charsmap") {
      steps = [try Step(part)]
      return
    }
  }

  private static func parts(
    of object: TokenizerFields
  ) throws(TokenizerError) -> [TokenizerFields] {
    guard try object.string("type") == "Sequence" else { return [object] }
    let parts = try object.required("normalizers", try object.objects("normalizers"))
    guard parts.count <= 16 else {
      throw .unsupported(
        file: object.file, reason: "its normalizer is a sequence of \(parts.count)")
    }
    return parts
  }
}

extension UnigramNormalizer.Step {
  fileprivate init(_ object: TokenizerFields) throws(TokenizerError) {
    switch try object.string("type") ?? "nothing" {
    case "Precompiled":
      let key = "precompiled_charsmap"
      let text = try object.required(key, try object.string(key))
      guard let map = Base64.decode(text).flatMap(CharacterMap.init) else {
        throw object.wrong(key, "the base64 of a map of characters")
      }
      self = .characterMap(map)
    case "Replace":
      let pattern = try object.required("pattern", try object.object("pattern"))
      let content = Array(try object.required("content", try object.string("content")).utf8)
      guard content.count <= CharacterMap.maximumReplacement else {
        throw object.wrong("content", "a text of at most \(CharacterMap.maximumReplacement) bytes")
      }
      if let text = try pattern.string("String") {
        guard !text.isEmpty else { throw pattern.wrong("String", "a text that is not empty") }
        self = .replace(.text(Array(text.utf8)), by: content)
      } else {
        let expression = try pattern.required("Regex", try pattern.string("Regex"))
        guard let known = UnigramNormalizer.Pattern(regularExpression: expression) else {
          throw .unsupported(
            file: object.file,
            reason: "its normalizer replaces the regular expression \(quoted(expression))")
        }
        self = .replace(known, by: content)
      }
    case "Strip":
      self = .strip(
        left: try object.required("strip_left", try object.boolean("strip_left")),
        right: try object.required("strip_right", try object.boolean("strip_right")))
    case "Lowercase": self = .lowercase
    case let type:
      throw .unsupported(
        file: object.file,
        reason: "its normalizer is \(quoted(type)), none of Precompiled, Replace, Strip, Lowercase")
    }
  }
}

extension Metaspace {
  /// Reads the pre-tokenizer of a file: `Metaspace`, `WhitespaceSplit`, or the one behind the other.
  init(_ object: TokenizerFields?, file: String) throws(TokenizerError) {
    guard let object else {
      self.init(splitsAtWhitespace: false, sign: nil)
      return
    }
    var parts = [object]
    if try object.string("type") == "Sequence" {
      parts = try object.required("pretokenizers", try object.objects("pretokenizers"))
    }
    self.init(splitsAtWhitespace: false, sign: nil)
    for part in parts {
      switch try part.string("type") ?? "nothing" {
      case "WhitespaceSplit" where sign == nil: splitsAtWhitespace = true
      case "Metaspace" where sign == nil:
        let given = try Self.settings(part)
        (sign, addsFirst) = (Array(String(given.sign).utf8), given.addsFirst)
        splits = try part.boolean("split") ?? true
      case let type:
        throw .unsupported(
          file: file,
          reason: "its pre_tokenizer has \(quoted(type)); only WhitespaceSplit, then Metaspace, is "
            + "read with Unigram")
      }
    }
  }

  /// What a pre-tokenizer and a decoder have in common.
  static func settings(
    _ object: TokenizerFields
  ) throws(TokenizerError) -> (sign: Unicode.Scalar, addsFirst: Bool) {
    let text = try object.required("replacement", try object.string("replacement"))
    guard let sign = text.unicodeScalars.first, text.unicodeScalars.count == 1 else {
      throw object.wrong("replacement", "one character")
    }
    let addsPrefix = try object.boolean("add_prefix_space")
    switch try object.string("prepend_scheme") ?? (addsPrefix == false ? "never" : "always") {
    case "always": return (sign, true)
    case "never": return (sign, false)
    case let scheme:
      throw .unsupported(
        file: object.file, reason: "its Metaspace has the prepend_scheme \(quoted(scheme))")
    }
  }
}

/// The bytes of a base64 text (RFC 4648).
enum Base64 {
  /// - Returns: Nil where the text is none.
  static func decode(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count / 4 * 3)
    var bits: UInt32 = 0
    var count = 0
    var padding = 0
    for character in text.utf8 {
      guard padding == 0 || character == UInt8(ascii: "=") else { return nil }
      let digit: UInt32
      switch character {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = UInt32(character) - 65
      case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = UInt32(character) - 97 + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt32(character) - 48 + 52
      case UInt8(ascii: "+"): digit = 62
      case UInt8(ascii: "/"): digit = 63
      case UInt8(ascii: "="):
        padding += 1
        digit = 0
      default: return nil
      }
      bits = bits << 6 | digit
      count += 1
      if count % 4 == 0 {
        bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
        bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
        bytes.append(UInt8(truncatingIfNeeded: bits))
      }
    }
    guard count % 4 == 0, padding <= 2 else { return nil }
    bytes.removeLast(padding)
    return bytes
  }
}
