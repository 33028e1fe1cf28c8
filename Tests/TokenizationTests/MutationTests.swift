import Foundation
import TestSupport
import Testing
import Tokenization

/// Damaged files and texts: refused or accepted, but never a crash.
@Suite struct MutationTests {
  private static let words = [
    "{", "}", "[", "]", ":", ",", "\"", "\\u", "\\ud83d", "null", "true", "-1", "1e999", "0",
    "99999999999999999999", "4294967295", "2147483647", "\"id\"", "\"content\"", "\"vocab\"",
    "\"model\"", "\"type\"", "\"added_tokens\"", "BPE", "Sequence", "TemplateProcessing", "##",
  ]

  private static let text = "Hello [MASK] <left> naïve 中文 unaffable\u{301} don't <one> yes \u{130}"

  @Test(arguments: [
    ("added-tokens", "tokenizer.json"), ("odd-template", "tokenizer.json"),
    ("bert-processing", "tokenizer.json"), ("vocabulary-cased", "tokenizer_config.json"),
    ("vocabulary-decoder", "tokenizer_config.json"), ("both-generic", "tokenizer_config.json"),
    ("vocabulary-legacy", "special_tokens_map.json"), ("vocabulary-legacy", "added_tokens.json"),
    ("vocabulary-only", "vocab.txt"), ("vocabulary-only", "config.json"),
    ("../byte-pairs/vocabulary", "merges.txt"),
    ("../byte-pairs/tokenizer-file", "tokenizer.json"),
    ("../unigram/tokenizer-file-generic", "tokenizer.json"),
    ("../unigram/tokenizer-file-bytes", "tokenizer.json"),
    ("../unigram/sentencepiece", "sentencepiece.bpe.model"),
  ])
  func damagedFiles(_ name: String, _ damaged: String) throws {
    let original = ReferenceCases.folder.appending(path: name)
    var files: [String: [UInt8]] = [:]
    for file in try FileManager.default.contentsOfDirectory(atPath: original.path) {
      files[file] = [UInt8](try Data(contentsOf: original.appending(path: file)))
    }
    files["cases.json"] = nil
    let folder = try TemporaryFolder(files)
    let bytes = try #require(files[damaged])
    var mutator = Mutator(seed: 1, tokens: Self.words)
    var accepted = 0
    for _ in 0..<mutationCount(default: 150) {
      try folder.write(mutator.mutate(bytes), to: damaged)
      guard let tokenizer = try? BertTokenizer(folder: folder.url) else { continue }
      accepted += 1
      let size = tokenizer.vocabularySize
      // A word may need an unknown token that the damage has taken away.
      let result = Result { () throws(TokenizerError) in
        try tokenizer.encode(Self.text, pair: "[SEP] yes")
      }
      if case .failure(.unknownTokenMissing) = result { continue }
      let encoding = try result.get()
      #expect(encoding.ids.allSatisfy { $0 >= 0 })
      #expect(encoding.offsets.allSatisfy { $0.upperBound <= Self.text.utf8.count })
      #expect(tokenizer.token(for: size) == nil)
      _ = tokenizer.decode(encoding.ids)
      _ = try? tokenizer.encode(Self.text, maxLength: 5)
    }
    // Otherwise the damage would be too slight, or too great, to try the reader.
    #expect(accepted > 0 && accepted < mutationCount(default: 150))
  }

  @Test(arguments: ["added-tokens", "uncased", "nothing-cleaned", "no-normalizer"])
  func damagedTexts(_ name: String) throws {
    let folder = ReferenceCases.folder.appending(path: name)
    let tokenizer = try BertTokenizer(folder: folder)
    var mutator = Mutator(
      seed: 2,
      tokens: ["[MASK]", "<left>", "<both>", " <n>", "\u{301}", "\u{323}", "\u{130}", "中", "\u{0}"])
    var buffer = TokenBuffer()
    var bytes = Array(Self.text.utf8)
    for _ in 0..<mutationCount(default: 500) {
      bytes = mutator.mutate(bytes.count > 400 ? Array(Self.text.utf8) : bytes)
      buffer.removeAll()
      let appended = try tokenizer.append(utf8: bytes, to: &buffer)
      let text = String(decoding: bytes, as: UTF8.self)
      let encoding = try tokenizer.encode(text)
      #expect(buffer.ids == encoding.ids)
      #expect(appended.count == encoding.ids.count)
      #expect(encoding.offsets.allSatisfy { $0.upperBound <= text.utf8.count })
    }
  }
}
