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
        let expected = UInt32(String(digests[position..<position + 8]), radix: 16)
        #expect(
          digest(of: buffer.ids) == expected, "U+\(String(start, radix: 16)) and the 63 after it")
        position += 8
      }
    }
    #expect(position == digests.count)
  }

  private func digest(of ids: [Int32]) -> UInt32 {
    var digest: UInt32 = 0x811C_9DC5
    for id in ids {
      for shift in stride(from: 0, to: 32, by: 8) {
        digest = (digest ^ UInt32(id >> shift) & 0xFF) &* 0x0100_0193
      }
    }
    return digest
  }

  private struct UnigramReference: Decodable {
    var scalarRanges: [[UInt32]]
    var textRanges: [[UInt32]]
    var digests: String
  }

  private struct CharacterMapFile: Decodable {
    struct Normalizer: Decodable {
      var characterMap: String

      enum CodingKeys: String, CodingKey { case characterMap = "precompiled_charsmap" }
    }
    var normalizer: Normalizer
  }

  /// The same of `Scripts/fixtures/unigram.py`: a map of characters that works on clusters of them.
  @Test func everyScalarOfAUnigramModel() throws {
    let folder = fixturesFolder.appending(path: "unigram")
    func read<Value: Decodable>(_ name: String) throws -> Value {
      try JSONDecoder().decode(
        Value.self, from: Data(contentsOf: folder.appending(path: name)))
    }
    let reference: UnigramReference = try read("scalars.json")
    let file: CharacterMapFile = try read("tokenizer-file/tokenizer.json")
    var vocabulary = #"["<unk>", 0.0], ["\#u{2581}", -1.0]"#
    for range in reference.scalarRanges {
      for value in range[0]..<range[1] where value != 0x2581 {
        let digits = String(value, radix: 16)
        let escape =
          value < 0x10000
          ? "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
          : String(Character(try #require(Unicode.Scalar(value))))
        vocabulary += ", [\"\(escape)\", -1.0]"
      }
    }
    let tokenizerFile = """
      {"normalizer": {"type": "Precompiled", "precompiled_charsmap": "\(file.normalizer.characterMap)"},
      "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"},
      {"type": "Metaspace", "replacement": "\u{2581}", "prepend_scheme": "always"}]},
      "model": {"type": "Unigram", "unk_id": 0, "vocab": [\(vocabulary)]}}
      """
    let model = try TemporaryFolder(["tokenizer.json": Array(tokenizerFile.utf8)])
    let tokenizer = try BertTokenizer(folder: model.url)
    let digests = Array(reference.digests)
    var position = 0
    var buffer = TokenBuffer()
    for range in reference.textRanges {
      for start in stride(from: range[0], to: range[1], by: 64) {
        var text = String.UnicodeScalarView()
        for value in start..<min(start + 64, range[1]) {
          let scalar = try #require(Unicode.Scalar(value))
          if !text.isEmpty { text.append(" ") }
          for (before, after) in [
            ("a", "b "), ("", " e\u{301}"), ("", "\u{301} "), ("", "e\u{301}\u{302} \u{600}"),
            ("", "\u{302} ©\u{200d}"), ("", "\u{302}"),
          ] {
            text.append(contentsOf: before.unicodeScalars)
            text.append(scalar)
            text.append(contentsOf: after.unicodeScalars)
          }
        }
        buffer.removeAll()
        try tokenizer.append(String(text), to: &buffer)
        let expected = UInt32(String(digests[position..<position + 8]), radix: 16)
        #expect(
          digest(of: buffer.ids) == expected, "U+\(String(start, radix: 16)) and the 63 after it")
        position += 8
      }
    }
    #expect(position == digests.count)
  }
}
