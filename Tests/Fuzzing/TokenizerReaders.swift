import Foundation
import TestSupport
import Tokenization

private let folders = fixturesFolder.appending(path: "tokenization")
private let bytePairs = "../byte-pairs/"
private let unigrams = "../unigram/"
private let sample = "Hello [MASK] <left> naïve 中文 unaffable\u{301} don't <one> yes \u{130}"

extension FuzzedReader {
  /// The files of a tokenizer, each damaged beside the others, and texts.
  static let tokenizerReaders =
    [
      ("added-tokens", "tokenizer.json"), ("odd-template", "tokenizer.json"),
      ("bert-processing", "tokenizer.json"), ("vocabulary-cased", "tokenizer_config.json"),
      ("both-generic", "tokenizer_config.json"), ("vocabulary-legacy", "special_tokens_map.json"),
      ("vocabulary-legacy", "added_tokens.json"), ("vocabulary-only", "vocab.txt"),
      (bytePairs + "vocabulary", "vocab.json"), (bytePairs + "vocabulary", "merges.txt"),
      (bytePairs + "tokenizer-file-generic", "tokenizer.json"),
      (unigrams + "tokenizer-file", "tokenizer.json"),
      (unigrams + "tokenizer-file-generic", "tokenizer.json"),
      (unigrams + "tokenizer-file-bytes", "tokenizer.json"),
    ].map(tokenizerReader) + [sentencePieceReader, characterMapReader, textReader]

  private static func tokenizerReader(model: String, file: String) -> FuzzedReader {
    FuzzedReader(
      name: "\(file.split(separator: ".")[0])-\(model.split(separator: "/").joined(separator: "-"))"
        .replacing("..-", with: ""),
      corpus: fixtures("tokenization/\(model)/\(file)"),
      tokens: [
        "\"id\"", "\"content\"", "\"vocab\"", "\"model\"", "\"type\"", "\"added_tokens\"", "BPE",
        "Sequence", "TemplateProcessing", "##", "\\u", "\\ud83d", "[UNK]", "[MASK]",
        "\"merges\"", "\"unk_id\"", "Unigram", "Metaspace", "Precompiled", "Replace", "Strip",
        "-1.5",
        "\u{2581}", "<s>", "<mask>", "\u{120}",
      ]
    ) { bytes, scratch in
      let copy = try scratch.copy(of: folders.appending(path: model), leavingOut: ["cases.json"])
      try copy.write(bytes, file)
      try check(try BertTokenizer(folder: copy.folder), sample)
    }
  }

  private static let sentencePieceReader = FuzzedReader(
    name: "sentencepiece-model", corpus: fixtures("unigram/sentencepiece/sentencepiece.bpe.model"),
    tokens: ["\n", "\u{12}", "\u{1a}", "\u{2581}", "<s>", "\u{0}"], isText: false
  ) { bytes, scratch in
    for model in ["sentencepiece", "sentencepiece-camembert"] {
      let folder = fixturesFolder.appending(path: "unigram/\(model)")
      let copy = try scratch.copy(of: folder, leavingOut: ["cases.json"])
      try copy.write(bytes, "sentencepiece.bpe.model")
      try check(try BertTokenizer(folder: copy.folder), sample)
    }
  }

  /// The map of characters alone, which is base64 in a file.
  private static let characterMapReader = FuzzedReader(
    name: "character-map", corpus: [characterMap], tokens: ["\u{0}"], isText: false
  ) { bytes, scratch in
    let map = Data(bytes).base64EncodedString()
    let file = """
      {"normalizer": {"type": "Precompiled", "precompiled_charsmap": "\(map)"}, "model": \
      {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["a", -1.0], ["e", -2.0]]}}
      """
    let copy = try scratch.copy(of: folders.appending(path: "uncased"), leavingOut: ["cases.json"])
    try copy.write(Array(file.utf8), "tokenizer.json")
    let tokenizer = try BertTokenizer(folder: copy.folder)
    try check(tokenizer, sample)
    try check(tokenizer, "e\u{301} \u{200b}a\u{302}\u{200b} \u{a0}½ ﬁ\u{200b}\r\n中\u{0}")
  }

  private static let characterMap: [UInt8] = {
    struct File: Decodable {
      struct Normalizer: Decodable {
        var characterMap: String

        enum CodingKeys: String, CodingKey { case characterMap = "precompiled_charsmap" }
      }
      var normalizer: Normalizer
    }
    let file = Data(fixtures("unigram/tokenizer-file/tokenizer.json")[0])
    guard let text = try? JSONDecoder().decode(File.self, from: file),
      let map = Data(base64Encoded: text.normalizer.characterMap)
    else { fatalError("no map of characters in the fixture") }
    return Array(map)
  }()

  private static let textReader = FuzzedReader(
    name: "text", corpus: [Array(sample.utf8)],
    tokens: [
      "[MASK]", "<mask>", "\u{2581}", "\u{200b}", "\u{200d}", "\r\n", "<left>", "<both>", " <n>",
      "\u{301}", "\u{323}", "\u{130}", "中", "\u{0}",
    ]
  ) { bytes, _ in
    for tokenizer in textTokenizers {
      try check(tokenizer, String(decoding: bytes, as: UTF8.self))
      var buffer = TokenBuffer()
      _ = try tokenizer.append(utf8: bytes, to: &buffer)
    }
  }

  private static let textTokenizers = [
    "added-tokens", "uncased", "no-normalizer", bytePairs + "tokenizer-file",
    unigrams + "sentencepiece", unigrams + "tokenizer-file-generic",
    unigrams + "tokenizer-file-bytes",
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
