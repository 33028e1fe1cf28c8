import Foundation
import TestSupport
import Testing
import Tokenization

/// Files that are damaged, or of another kind of tokenizer: the error says which, where and why.
@Suite struct ReadingTests {
  @Test(arguments: ["tokenizer.json", "vocab.txt", "tokenizer_config.json"])
  func gitLFSPointers(name: String) throws {
    let folder = try TemporaryFolder([:])
    if name == "tokenizer_config.json" {
      try Data("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n".utf8)
        .write(to: folder.url.appending(path: "vocab.txt"))
    }
    try Data("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n".utf8)
      .write(to: folder.url.appending(path: name))
    let error = thrownError(TokenizerError.self) { try BertTokenizer(folder: folder.url) }
    #expect(error == .gitLFSPointer(file: folder.url.appending(path: name).path))
    #expect("\(error!)".contains("git lfs pull"))
  }

  private static let valid = """
    {"added_tokens": [], "normalizer": {"type": "BertNormalizer", "clean_text": true,
    "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
    "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": null,
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
    "max_input_chars_per_word": 100, "vocab": {"[UNK]": 0, "a": 1, "##b": 2}}}
    """

  private func open(_ files: [String: String]) throws -> BertTokenizer {
    let folder = try TemporaryFolder(files.mapValues { Array($0.utf8) })
    return try BertTokenizer(folder: folder.url)
  }

  @Test func readsWhatTheOtherTestsDamage() throws {
    #expect(try open(["tokenizer.json": Self.valid]).encode("ab c A").ids == [1, 2, 0, 1])
  }

  @Test(arguments: [
    (#""type": "WordPiece""#, #""type": "BPE""#, "its model.merges is no list of pairs of tokens"),
    (#""type": "BertNormalizer""#, #""type": "Prepend""#, "normalizer is 'Prepend'"),
    (#""type": "BertPreTokenizer""#, #""type": "ByteLevel""#, "pre_tokenizer is 'ByteLevel'"),
    (
      #""post_processor": null"#, #""post_processor": {"type": "RobertaProcessing"}"#,
      "'post_processor.cls' is missing"
    ),
    (
      #""post_processor": null"#,
      #""post_processor": {"type": "BertProcessing", "sep": ["[SEP]", -2], "cls": ["[CLS]", 1]}"#,
      "post_processor.sep"
    ),
    (
      #""added_tokens": []"#, #""added_tokens": [], "truncation": {"direction": "Both"}"#,
      "'truncation.direction' is 'Both' where Left or Right is expected"
    ),
    (
      #""clean_text": true"#, #""clean_text": 1"#,
      "'normalizer.clean_text' is 1 where true or false"
    ),
    (
      #""max_input_chars_per_word": 100"#, #""max_input_chars_per_word": 1e9"#,
      "where an integer is expected"
    ),
    (
      #""max_input_chars_per_word": 100"#, #""max_input_chars_per_word": 999999"#,
      "max_input_chars_per_word is 999999"
    ),
    (#""unk_token": "[UNK]", "#, "", "'model.unk_token' is missing"),
    (#""a": 1"#, #""a": -1"#, "the token id -1"),
    (#""a": 1"#, #""a": 4294967296"#, "the token id 4294967296"),
    (#""a": 1"#, #""a": 2147483647"#, "the token id 2147483647"),
    (#""a": 1"#, #""a": 16777216"#, "the token id 16777216 is not from 0 to 16777215"),
    (
      #""post_processor": null"#,
      #""post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2147483647], "cls": ["a", 1]}"#,
      "post_processor.sep"
    ),
    (
      #""post_processor": null"#,
      #"""
      "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "x"}},
      {"Sequence": {"id": "A"}}], "pair": [], "special_tokens": {"x": {"ids": [16777216]}}}
      """#,
      "token ids from 0 to 16777215"
    ),
    (#""a": 1"#, #""a": "1""#, "an integer is expected"),
    (#""a": 1"#, #""a": 1.5"#, "an integer is expected"),
    (#""a": 1"#, #""\ud800": 1"#, "surrogate"),
    (#""a": 1"#, #""\uD83D\u0041": 1"#, "surrogate"),
    (#""a": 1"#, #""a: 1"#, "expected"),
    (
      #""added_tokens": []"#, #""added_tokens": [1]"#,
      "'added_tokens[0]' is 1 where an object is expected"
    ),
    (
      #""added_tokens": []"#, #""added_tokens": [{"id": 1}]"#,
      "'added_tokens[0].content' is missing"
    ),
    (#""model""#, #""modal""#, "is not the tokenizer.json of a model: it has no object 'model'"),
    (#""vocab": {"#, #""vocab": {}, "x": {"#, "model.vocab is missing or empty"),
    ("]", "],", "is expected"),
  ])
  func refuses(_ old: String, _ new: String, _ message: String) throws {
    let text = Self.valid.replacing(old, with: new, maxReplacements: 1)
    #expect(text != Self.valid)
    let error = thrownError(TokenizerError.self) { try open(["tokenizer.json": text]) }
    let description = try #require(error).description
    #expect(description.contains("tokenizer.json"), "\(description)")
    #expect(description.contains(message), "\(description)")
    #expect(!description.contains("\n"))
  }

  // As transformers does.
  @Test func aTokenThatIsNothingOnceNormalizedIsNeverFound() throws {
    let text = Self.valid.replacing(
      #""added_tokens": []"#,
      with: #""added_tokens": [{"id": 3, "content": "\u0301", "normalized": true}]"#)
    #expect(try open(["tokenizer.json": text]).encode("a \u{301} a").ids == [1, 1])
  }

  @Test func anUnknownTokenThatIsNullFailsWhereItIsNeeded() throws {
    let tokenizer = try open([
      "vocab.txt": "[UNK]\n[CLS]\n[SEP]\na", "tokenizer_config.json": #"{"unk_token": null}"#,
    ])
    #expect(try tokenizer.encode("a").ids == [1, 3, 2])
    let error = thrownError(TokenizerError.self) { try tokenizer.encode("a b") }
    #expect(try #require(error).description.contains("is not in the vocabulary"))
    #expect(tokenizer.unknownTokenID == nil)
  }

  @Test func refusesNestingWithoutEnd() throws {
    let text = String(repeating: "[", count: 100_000)
    #expect(throws: TokenizerError.self) { try open(["tokenizer.json": #"{"x": \#(text)"#]) }
    #expect(throws: TokenizerError.self) { try open(["tokenizer.json": text]) }
  }

  @Test func readsEscapes() throws {
    let text = Self.valid.replacing(
      #""a": 1"#, with: #""\u0061\n\"\\\/\b\f\r\t\u00e9\ud83d\ude00": 1"#)
    let tokenizer = try open(["tokenizer.json": text])
    #expect(tokenizer.token(for: 1) == "a\n\"\\/\u{8}\u{C}\r\té😀")
  }

  @Test(arguments: [
    ("{}", "no vocab.txt, or vocab.json with merges.txt"),
    (#"{"model_type": "distilbert"}"#, "no vocab.txt, which 'distilbert' reads"),
    (#"{"model_type": "roberta"}"#, "no vocab.json with merges.txt, which 'roberta' reads"),
  ])
  func refusesAFolderWithoutAVocabulary(configuration: String, missing: String) throws {
    let error = thrownError(TokenizerError.self) { try open(["config.json": configuration]) }
    guard case .noVocabulary? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.description.contains("no tokenizer.json, and \(missing)") == true)
  }

  @Test func refusesWhatIsNotAFile() throws {
    let folder = try TemporaryFolder([:])
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "tokenizer.json"), withIntermediateDirectories: false)
    let error = thrownError(TokenizerError.self) { try BertTokenizer(folder: folder.url) }
    #expect(try #require(error).description.contains("it is not a file"))
  }

  /// A space that takes the spaces after it too must not walk over all of them at each one.
  @Test(.timeLimit(.minutes(1))) func spacesAsATokenTakeLinearTime() throws {
    let text = Self.valid.replacing(
      #""added_tokens": []"#,
      with: #""added_tokens": [{"id": 3, "content": " ", "normalized": false, "rstrip": true}]"#)
    let spaces = String(repeating: " ", count: 300_000)
    let encoding = try open(["tokenizer.json": text]).encode("a\(spaces)a")
    #expect(encoding.ids.count == 300_002)
    #expect(encoding.offsets[1] == 1..<300_001 && encoding.offsets[300_000] == 300_000..<300_001)
  }

  @Test func refusesBytesThatAreNotText() throws {
    for name in ["tokenizer.json", "vocab.txt"] {
      let folder = try TemporaryFolder([name: [0x7B, 0xFF, 0xC0, 0x7D]])
      let error = thrownError(TokenizerError.self) { try BertTokenizer(folder: folder.url) }
      #expect(try #require(error).description.contains("\(name): is not valid"))
    }
  }

  @Test func lastOfTwoEqualTokensCounts() throws {
    let tokenizer = try open(["vocab.txt": "[UNK]\r\na\nb \u{3000}\n\na\nzz\n[CLS]\n[SEP]"])
    #expect(tokenizer.id(for: "a") == 4)
    #expect(tokenizer.id(for: "b") == 2)
    #expect(tokenizer.id(for: "zz") == 5)
    // Seven tokens and the empty line, and then those of BERT that the file lacks.
    #expect(tokenizer.encode(ids: "a b zz") == [6, 4, 2, 5, 7])
  }

  @Test func damagedConfigurationIsNamed() throws {
    let vocabulary = "[UNK]\n[CLS]\n[SEP]\na"
    for (text, message) in [
      (#"{"do_lower_case": "yes"}"#, "'do_lower_case' is 'yes' where true or false is expected"),
      (#"{"truncation_side": "Left"}"#, "'truncation_side' is 'Left' where left or right is"),
      (#"{"truncation_side": null}"#, "'truncation_side' is null where left or right is"),
      (#"{"model_input_names": null}"#, "'model_input_names' is null where a list of names"),
      (#"{"model_input_names": [1]}"#, "'model_input_names[0]' is 1 where a string"),
      (#"{"split_special_tokens": null}"#, "'split_special_tokens' is missing"),
      (#"{"split_special_tokens": 1}"#, "'split_special_tokens' is 1 where true or false"),
      (
        #"{"x_token": "\ud800"}"#,
        "'x_token' is a string with half a surrogate pair where a token is expected"
      ),
      (#"{"additional_special_tokens": ["\udc00"]}"#, "'additional_special_tokens[0]' is a string"),
      (#"{"extra_special_tokens": {"\ud800": "a"}}"#, "in 'extra_special_tokens'"),
      (#"{"mask_token": 3}"#, "'mask_token' is 3 where a token or null"),
      (#"{"model_max_length": -3}"#, "'model_max_length' is -3 where a positive number"),
      (#"{"added_tokens_decoder": {"x": {}}}"#, "added_tokens_decoder.x"),
      ("[]", "holds an array where a JSON object is expected"),
    ] {
      let error = thrownError(TokenizerError.self) {
        try open(["vocab.txt": vocabulary, "tokenizer_config.json": text])
      }
      let description = try #require(error).description
      #expect(description.contains("tokenizer_config.json"), "\(description)")
      #expect(description.contains(message), "\(description)")
    }
  }
}

extension BertTokenizer {
  fileprivate func encode(ids text: String) -> [Int32]? {
    try? encode(text).ids
  }
}
