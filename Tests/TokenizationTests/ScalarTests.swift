import Foundation
import TestSupport
import Testing
import Tokenization

/// What becomes of each Unicode scalar, in a word, alone, and between combining marks: a digest of
/// the ids per 64 scalars, with a vocabulary of single scalars.
@Suite struct ScalarTests {
  private struct Reference: Decodable {
    var scalarRanges: [[UInt32]]
    var textRanges: [[UInt32]]
    var digests: [String: String]
  }

  private static let reference = Result {
    let url = ReferenceCases.folder.appending(path: "scalars.json")
    return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: url))
  }

  @Test(arguments: [
    ("uncased", "{}"), ("cased", #"{"do_lower_case": false}"#),
    ("accents", #"{"strip_accents": false}"#),
  ])
  func everyScalar(_ name: String, _ configuration: String) throws {
    let reference = try Self.reference.get()
    var vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]"
    for range in reference.scalarRanges {
      for value in range[0]..<range[1] where value != 0xA {
        let scalar = try #require(Unicode.Scalar(value))
        for prefix in ["\n", "\n##"] {
          vocabulary += prefix
          vocabulary.unicodeScalars.append(scalar)
        }
      }
    }
    let folder = try TemporaryFolder([
      "vocab.txt": Array(vocabulary.utf8), "tokenizer_config.json": Array(configuration.utf8),
    ])
    let tokenizer = try BertTokenizer(folder: folder.url)
    let digests = Array(try #require(reference.digests[name]))
    var position = 0
    var buffer = TokenBuffer()
    for range in reference.textRanges {
      for start in stride(from: range[0], to: range[1], by: 64) {
        let texts = try (start..<min(start + 64, range[1])).map { value in
          let scalar = Character(try #require(Unicode.Scalar(value)))
          var text = "a"
          for piece in ["b ", " e\u{301}", "\u{323}"] {
            text.unicodeScalars.append(contentsOf: scalar.unicodeScalars)
            text += piece
          }
          return text
        }
        buffer.removeAll()
        // Their code points as they stand: characters must not be joined otherwise.
        try tokenizer.append(
          texts.joined(separator: " "), addSpecialTokens: false, to: &buffer)
        var digest: UInt32 = 0x811C_9DC5
        for id in buffer.ids {
          for shift in stride(from: 0, to: 32, by: 8) {
            digest = (digest ^ UInt32(id >> shift) & 0xFF) &* 0x0100_0193
          }
        }
        let expected = UInt32(String(digests[position..<position + 8]), radix: 16)
        #expect(digest == expected, "U+\(String(start, radix: 16)) and the 63 after it")
        position += 8
      }
    }
    #expect(position == digests.count)
  }
}
