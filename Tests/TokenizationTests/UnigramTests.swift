import Foundation
import TestSupport
import Testing
import Tokenization

/// What the reference values of ``ReferenceTests`` do not show: faults of files, and words that come again.
@Suite struct UnigramTests {
  private static let fixture = fixturesFolder.appending(path: "unigram")

  private func open(_ name: String) throws -> BertTokenizer {
    try BertTokenizer(folder: Self.fixture.appending(path: name))
  }

  /// A tokenizer.json with other parts than `{"type": "Unigram", …}` has by itself.
  private func error(
    model: String = #""unk_id": 0, "vocab": [["<unk>", 0.0], ["a", -1.5]]"#, rest: String = "",
    settings: String = "{}"
  ) throws -> String {
    let file = #"{"model": {"type": "Unigram", \#(model)}\#(rest)}"#
    let folder = try TemporaryFolder([
      "tokenizer.json": Array(file.utf8), "tokenizer_config.json": Array(settings.utf8),
    ])
    let error = thrownError(TokenizerError.self) { try BertTokenizer(folder: folder.url) }
    let text = try #require(error).description
    #expect(!text.contains("\n") && text.contains(folder.url.path))
    return text
  }

  @Test(arguments: [
    (#""unk_id": 2, "vocab": [["<unk>", 0.0], ["a", -1.5]]"#, "unk_id is 2, not from 0 to 1"),
    (#""unk_id": 0, "vocab": [["a"]]"#, "a number is expected"),
    (#""unk_id": 0, "vocab": [["a", 1e999]]"#, "not valid JSON"),
    (#""unk_id": 0, "vocab": {"a": 0}"#, "model.vocab is an object"),
    (#""unk_id": 0, "vocab": []"#, "missing or empty"),
    (#""unk_id": "a", "vocab": [["a", 1.5]]"#, "unk_id"),
  ])
  func faultsOfTheModel(_ model: String, _ message: String) throws {
    #expect(try error(model: model).contains(message))
  }

  @Test func tokensAreNotLongerThanWords() throws {
    let token = String(repeating: "a", count: 1025)
    let model = #""unk_id": 0, "vocab": [["<unk>", 0.0], ["\#(token)", -1.5]]"#
    #expect(try error(model: model).contains("a token is longer than 1024 bytes"))
  }

  private static let ninefold =
    #"{"type": "Replace", "pattern": {"String": "a"}, "content": "aaaaaaaaa"}"#

  @Test(arguments: [
    (#""normalizer": {"type": "NFC"}"#, "its normalizer is 'NFC'"),
    (#""normalizer": {"type": "Precompiled", "precompiled_charsmap": "?"}"#, "the base64 of a map"),
    (
      #""normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}"#,
      "the base64 of a map"
    ),
    // Eight bytes of units are promised, and four follow.
    (
      #""normalizer": {"type": "Precompiled", "precompiled_charsmap": "CAAAAAAAAAA="}"#,
      "the base64 of a map"
    ),
    (
      #""normalizer": {"type": "Replace", "pattern": {"Regex": "a+"}, "content": ""}"#,
      "the regular expression 'a+'"
    ),
    (
      #""normalizer": {"type": "Replace", "pattern": {"String": ""}, "content": ""}"#,
      "a text that is not empty"
    ),
    (
      #""normalizer": {"type": "Sequence", "normalizers": [\#(ninefold), \#(ninefold), \#(ninefold)]}"#,
      "more than 512 times as long"
    ),
    (#""pre_tokenizer": {"type": "ByteLevel"}"#, "its pre_tokenizer has 'ByteLevel'"),
    (#""pre_tokenizer": {"type": "Metaspace", "replacement": "__"}"#, "one character"),
    (
      #""pre_tokenizer": {"type": "Metaspace", "replacement": "_", "prepend_scheme": "first"}"#,
      "prepend_scheme 'first'"
    ),
    (#""decoder": {"type": "WordPiece"}"#, "its decoder is 'WordPiece', not Metaspace"),
  ])
  func faultsOfTheOtherParts(_ part: String, _ message: String) throws {
    #expect(try error(rest: ", \(part)").contains(message))
  }

  @Test func aClassThatReadsAnotherModelIsSaid() throws {
    let settings = #"{"tokenizer_class": "RobertaTokenizer"}"#
    #expect(
      try error(settings: settings).contains("is 'Unigram', but 'RobertaTokenizer' reads BPE"))
    let folder = try TemporaryFolder([
      "tokenizer.json": Array(#"{"model": {"type": "WordPiece", "vocab": {"a": 0}}}"#.utf8),
      "tokenizer_config.json": Array(#"{"tokenizer_class": "XLMRobertaTokenizer"}"#.utf8),
    ])
    let error = thrownError(TokenizerError.self) { try BertTokenizer(folder: folder.url) }
    #expect(
      error?.description.contains("'WordPiece', but 'XLMRobertaTokenizer' reads Unigram") == true)
  }

  private static let longInteger: [UInt8] = [0x08] + Array(repeating: 0xFF, count: 11)
  private static let half: [UInt8] = [0x0A, 0x03, 0x0A, 0x01, 0xE2]
  private static let piece: [UInt8] = [0x0A, 0x03, 0x0A, 0x01, 0x61]
  private static let emptyMap: [UInt8] = [0x1A, 0x03, 0x12, 0x01, 0x00]

  private static let brokenModels: [([UInt8], String)] = [
    ([], "it has no pieces"),
    ([0x0A, 0x05, 0x0A], "5 bytes are to follow, and 1 do"),
    ([0x0A], "ends too early"),
    ([0x0B], "no wire type 3"),
    ([0x02, 0x00], "no field 0"),
    (longInteger, "more than 10 bytes"),
    ([0x0A, 0x05, 0x15, 0x00, 0x00, 0xC0, 0x7F], "a score is not a number"),
    (Array([half, half, half, half].joined()), "a piece is not UTF-8"),
    (Array([piece, piece, piece, piece, emptyMap].joined()), "no map of characters"),
  ]

  @Test(arguments: brokenModels)
  func faultsOfSentencePieceModels(_ bytes: [UInt8], _ message: String) throws {
    let folder = try TemporaryFolder([
      "sentencepiece.bpe.model": bytes,
      "config.json": Array(#"{"model_type": "xlm-roberta"}"#.utf8),
    ])
    let error = thrownError(TokenizerError.self) { try BertTokenizer(folder: folder.url) }
    let text = try #require(error).description
    #expect(text.contains(message) && text.contains("sentencepiece.bpe.model"), "\(text)")
  }

  @Test func aFolderWithoutPieces() throws {
    let folder = try TemporaryFolder(["config.json": Array(#"{"model_type": "camembert"}"#.utf8)])
    let error = thrownError(TokenizerError.self) { try BertTokenizer(folder: folder.url) }
    #expect(
      error?.description.contains("no sentencepiece.bpe.model, which 'camembert' reads") == true)
  }

  /// A model without an unknown token takes what it has tokens for.
  @Test func aCharacterWithoutAToken() throws {
    let folder = try TemporaryFolder([
      "tokenizer.json": Array(
        #"{"model": {"type": "Unigram", "vocab": [["a", 0.0], ["ab", -1.0]]}}"#.utf8)
    ])
    let tokenizer = try BertTokenizer(folder: folder.url)
    #expect(try tokenizer.encode("aba").ids == [1, 0])
    var buffer = TokenBuffer()
    for _ in 0..<2 {
      #expect(throws: TokenizerError.unknownTokenMissing("<unk>")) {
        try tokenizer.append("aab b", to: &buffer)
      }
    }
    #expect(buffer.ids.isEmpty)
  }

  /// More words than are kept, some again and again, of several tokenizers with one memory.
  @Test func wordsThatComeAgain() throws {
    let tokenizers = try [
      open("sentencepiece"), open("tokenizer-file-camembert"),
      BertTokenizer(folder: fixturesFolder.appending(path: "byte-pairs/vocabulary")),
    ]
    var buffer = TokenBuffer()
    for tokenizer in tokenizers {
      for first in stride(from: 0, to: 36_000, by: 6000) {
        let words = (first..<first + 6000).map { $0 % 9 == 0 ? "naïve" : "w\($0)" }
        let text = words.joined(separator: first % 12_000 == 0 ? " " : "\n")
        buffer.removeAll()
        try tokenizer.append(text, to: &buffer)
        let expected = try tokenizer.encode(text).ids
        #expect(buffer.ids == expected)
      }
    }
  }

  @Test func hostileTextsTakeNoLongerThanOthers() throws {
    let tokenizer = try open("tokenizer-file-generic")
    for piece in ["a", "\u{301}", "\u{200b}", "\u{2581}", "中", " ", "\u{1100}", "e\u{301}"] {
      let text = String(repeating: piece, count: 30_000)
      let time = try ContinuousClock().measure { _ = try tokenizer.encode(text) }
      #expect(time < .seconds(20), "\(piece.debugDescription)")
    }
  }
}
