import Foundation
import TestSupport
import Tokenization

private let folders = fixturesFolder.appending(path: "tokenization")
private let sample = "Hello [MASK] <left> naïve 中文 unaffable\u{301} don't <one> yes \u{130}"

extension FuzzedReader {
  /// The files of a tokenizer, each damaged beside the others, and texts.
  static let tokenizerReaders =
    [
      ("added-tokens", "tokenizer.json"), ("odd-template", "tokenizer.json"),
      ("bert-processing", "tokenizer.json"), ("vocabulary-cased", "tokenizer_config.json"),
      ("both-generic", "tokenizer_config.json"), ("vocabulary-legacy", "special_tokens_map.json"),
      ("vocabulary-legacy", "added_tokens.json"), ("vocabulary-only", "vocab.txt"),
    ].map(tokenizerReader) + [textReader]

  private static func tokenizerReader(model: String, file: String) -> FuzzedReader {
    FuzzedReader(
      name: "\(file.split(separator: ".")[0])-\(model)",
      corpus: fixtures("tokenization/\(model)/\(file)"),
      tokens: [
        "\"id\"", "\"content\"", "\"vocab\"", "\"model\"", "\"type\"", "\"added_tokens\"", "BPE",
        "Sequence", "TemplateProcessing", "##", "\\u", "\\ud83d", "[UNK]", "[MASK]",
      ]
    ) { bytes, scratch in
      let copy = try scratch.copy(of: folders.appending(path: model), leavingOut: ["cases.json"])
      try copy.write(bytes, file)
      try check(try BertTokenizer(folder: copy.folder), sample)
    }
  }

  private static let textReader = FuzzedReader(
    name: "text", corpus: [Array(sample.utf8)],
    tokens: ["[MASK]", "<left>", "<both>", " <n>", "\u{301}", "\u{323}", "\u{130}", "中", "\u{0}"]
  ) { bytes, _ in
    for tokenizer in textTokenizers {
      try check(tokenizer, String(decoding: bytes, as: UTF8.self))
      var buffer = TokenBuffer()
      _ = try tokenizer.append(utf8: bytes, to: &buffer)
    }
  }

  private static let textTokenizers = [
    "added-tokens", "uncased", "no-normalizer",
  ]
  .compactMap { try? BertTokenizer(folder: folders.appending(path: $0)) }

  private static func check(_ tokenizer: BertTokenizer, _ text: String) throws {
    let pair = "[SEP] yes"
    let encoding = try tokenizer.encode(text, pair: pair)
    precondition(encoding.ids.allSatisfy { $0 >= 0 })
    let longest = max(text.utf8.count, pair.utf8.count)
    precondition(encoding.offsets.allSatisfy { $0.upperBound <= longest })
    precondition(tokenizer.token(for: tokenizer.vocabularySize) == nil)
    _ = tokenizer.decode(encoding.ids)
    _ = try? tokenizer.encode(text, maxLength: 5)
  }
}
