import Foundation
import TestSupport
import Tokenization

/// What Hugging Face makes of a text: a case of `Scripts/fixtures/tokenization.py`.
struct ReferenceCase: Decodable {
  var text: String
  var pair: String?
  var length: Int?
  var strategy: String?
  var specials: Bool?
  var fails: Bool?
  var ids: [Int32]?
  /// In code points, start and end of each token in turn.
  var offsets: [Int]?
  var types: [UInt8]?
  /// -1 for a special token.
  var sequences: [Int]?
  var truncated: Bool?

  var truncation: Truncation {
    strategy.flatMap(Truncation.init) ?? .longestFirst
  }

  /// The offsets of an encoding in code points, from its own in UTF-8 bytes.
  func codePointOffsets(of encoding: Encoding) -> [Int] {
    let starts = [text, pair ?? ""].map { text in
      var starts = [0: 0]
      var byte = 0
      for (index, scalar) in text.unicodeScalars.enumerated() {
        byte += UTF8.width(scalar)
        starts[byte] = index + 1
      }
      return starts
    }
    return zip(encoding.offsets, encoding.sequenceIDs).flatMap { offset, sequence in
      let map = starts[sequence ?? 0]
      return [map[offset.lowerBound] ?? -1, map[offset.upperBound] ?? -1]
    }
  }
}

/// The `cases.json` of a fixture folder.
struct ReferenceCases: Decodable {
  var size: Int
  var mask: Int?
  var pad: Int?
  var cls: Int?
  var sep: Int?
  var unk: Int?
  /// The names above that stand for no token, of a class that has them all by itself.
  var nulls: [String]?
  var maxLength: Int?
  /// Nil where it is the right one.
  var side: String?
  /// Whether the model is given token type ids; nil where transformers was not asked.
  var givesTypes: Bool?
  var added: [String: String]
  /// What stands for them in a list of tokens; nil where that is their content.
  var texts: [String: String]?
  var cases: [ReferenceCase]
  var decoded: Decoded

  /// Ids, and their text without and with special tokens.
  struct Decoded: Decodable {
    var ids: [Int]
    var plain: String
    var special: String

    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      ids = try container.decode([Int].self)
      plain = try container.decode(String.self)
      special = try container.decode(String.self)
    }
  }

  static let folder = fixturesFolder.appending(path: "tokenization")

  static func read(_ url: URL) throws -> ReferenceCases {
    try JSONDecoder().decode(ReferenceCases.self, from: Data(contentsOf: url))
  }
}
