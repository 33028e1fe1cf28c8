import Foundation
import TestSupport
import Testing
import Tokenization

/// What the tokenizer classes of transformers make of a folder with a vocabulary, and of one with a
/// `tokenizer.json` too, which differs from it (`Scripts/fixtures/tokenization.py`).
@Suite struct ClassTests {
  struct Fixture: Decodable {
    var files: [String: String]
    var texts: [String]
    var pair: [String]
    var classes: [Case]
  }

  struct Case: Decodable {
    /// Nil where the folder names none.
    var `class`: String?
    var modelType: String
    /// Nil where transformers fails.
    var vocabulary: Answers?
    var both: Answers?

    var name: String { `class` ?? modelType }

    var files: [String: String] {
      let named = `class`.map { #"{"tokenizer_class": "\#($0)"}"# } ?? "{}"
      return [
        "config.json": #"{"model_type": "\#(modelType)"}"#, "tokenizer_config.json": named,
      ]
    }
  }

  struct Answers: Decodable {
    /// Of the texts, of the pair, and of the pair cut to 8.
    var ids: [[Int32]]
    /// Whether the model is given token type ids.
    var types: Bool
  }

  static let fixture = Result {
    try JSONDecoder().decode(
      Fixture.self,
      from: Data(contentsOf: ReferenceCases.folder.appending(path: "classes.json")))
  }

  /// These are to be read, and not refused: BERT's, and with a `tokenizer.json` the generic ones.
  static let bert: Set<String> = [
    "BertTokenizer", "BertTokenizerFast", "ConvBertTokenizer", "ConvBertTokenizerFast",
    "DPRContextEncoderTokenizer", "DPRQuestionEncoderTokenizer", "DistilBertTokenizer",
    "DistilBertTokenizerFast", "ElectraTokenizer", "ElectraTokenizerFast", "LayoutLMTokenizerFast",
    "LxmertTokenizer", "LxmertTokenizerFast", "MobileBertTokenizer", "MobileBertTokenizerFast",
    "SqueezeBertTokenizer", "SqueezeBertTokenizerFast", "bert", "convbert", "distilbert", "dpr",
    "electra", "ernie", "layoutlm", "mobilebert", "squeezebert",
  ]
  static let generic: Set<String> = [
    "NoSuchTokenizer", "NoSuchTokenizerFast", "PreTrainedTokenizer", "PreTrainedTokenizerFast",
    "RetriBertTokenizer", "TokenizersBackend", "no-such-type", "nystromformer",
  ]

  @Test func vocabularyIsReadAsItsClassDoes() throws {
    let fixture = try Self.fixture.get()
    let vocabulary = ["vocab.txt": fixture.files["vocab.txt"] ?? ""]
    var read: Set<String> = []
    for expected in fixture.classes
    where try isAnswered(expected.vocabulary, expected, vocabulary, fixture) {
      read.insert(expected.name)
    }
    #expect(Self.bert.isSubset(of: read), "\(Self.bert.subtracting(read))")
  }

  @Test func tokenizerFileIsReadAsItsClassDoes() throws {
    let fixture = try Self.fixture.get()
    var read: Set<String> = []
    for expected in fixture.classes
    where try isAnswered(expected.both, expected, fixture.files, fixture) {
      read.insert(expected.name)
    }
    let wanted = Self.bert.union(Self.generic)
    #expect(wanted.isSubset(of: read), "\(wanted.subtracting(read))")
  }

  /// Whether the folder is read, and not refused; records an issue where it has other answers.
  private func isAnswered(
    _ answers: Answers?, _ expected: Case, _ files: [String: String], _ fixture: Fixture
  ) throws -> Bool {
    let folder = try TemporaryFolder(
      files.merging(expected.files) { $1 }.mapValues { Array($0.utf8) })
    let tokenizer: BertTokenizer
    do {
      tokenizer = try BertTokenizer(folder: folder.url)
    } catch {
      #expect(error.description.contains("'\(expected.name)'"), "\(error)")
      #expect(!error.description.contains("\n"))
      return false
    }
    let (first, second) = (fixture.pair[0], fixture.pair[1])
    let found =
      try fixture.texts.map { try tokenizer.encode($0).ids } + [
        tokenizer.encode(first, pair: second).ids,
        tokenizer.encode(first, pair: second, maxLength: 8).ids,
      ]
    #expect(found == answers?.ids, "\(expected.name), model type \(expected.modelType)")
    #expect(tokenizer.givesTokenTypeIDs == answers?.types, "\(expected.name)")
    return true
  }

  @Test(arguments: [
    ("tokenizer_config.json", "BertJapaneseTokenizer"), ("config.json", "CanineTokenizer"),
    ("tokenizer_config.json", "GPT2TokenizerFast"), ("config.json", "BertTokenizerLegacy"),
  ])
  func theFileThatNamesAnotherClassIsSaid(_ file: String, _ name: String) throws {
    let folder = try TemporaryFolder([
      "vocab.txt": Array("[UNK]\n[CLS]\n[SEP]\na".utf8),
      file: Array(#"{"tokenizer_class": "\#(name)", "model_type": "bert"}"#.utf8),
    ])
    let error = thrownError(TokenizerError.self) { try BertTokenizer(folder: folder.url) }
    #expect(
      error == .unsupportedClass(file: folder.url.appending(path: file).path, name: name))
  }

  /// A class of no tokenizer in particular says nothing of how a vocabulary is to be read.
  @Test func aGenericClassNeedsATokenizerFile() throws {
    let folder = try TemporaryFolder([
      "vocab.txt": Array("[UNK]\n[CLS]\n[SEP]\na".utf8),
      "tokenizer_config.json": Array(#"{"tokenizer_class": "PreTrainedTokenizerFast"}"#.utf8),
    ])
    let error = thrownError(TokenizerError.self) { try BertTokenizer(folder: folder.url) }
    guard case .tokenizerFileNeeded(_, "PreTrainedTokenizerFast") = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
