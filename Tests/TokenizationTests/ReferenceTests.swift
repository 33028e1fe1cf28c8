import Foundation
import TestSupport
import Testing
import Tokenization

@Suite struct ReferenceTests {
  static let folders = [
    "accents-kept", "accents-stripped", "added-spaces", "added-spaces-after", "added-tokens",
    "bert-processing", "both-cased",
    "both-convbert", "both-disagree", "both-distilbert", "both-distilbert-cased",
    "both-distilbert-unnamed", "both-generic", "both-generic-again", "both-generic-padding",
    "cased", "no-normalizer",
    "nothing-cleaned",
    "odd-model",
    "odd-template", "truncation-left", "truncation-left-file", "uncased", "unknown-added",
    "vocabulary-cased", "vocabulary-decoder", "vocabulary-equivalents", "vocabulary-extra-object",
    "vocabulary-half-said", "vocabulary-legacy", "vocabulary-legacy-floats",
    "vocabulary-legacy-half-said",
    "vocabulary-legacy-list", "vocabulary-legacy-objects",
    "vocabulary-marked", "vocabulary-no-types", "vocabulary-null-classifier",
    "vocabulary-null-names",
    "vocabulary-null-template", "vocabulary-only",
    "vocabulary-same-id", "vocabulary-split-special", "word-level", "word-level-split",
    "word-level-whitespace",
  ]

  @Test func everyFolderIsTested() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: ReferenceCases.folder.path)
    #expect(names.filter { !$0.hasSuffix(".json") }.sorted() == Self.folders)
  }

  @Test(arguments: folders)
  func encodesAsTheReference(_ name: String) throws {
    let folder = ReferenceCases.folder.appending(path: name)
    try check(
      BertTokenizer(folder: folder), ReferenceCases.read(folder.appending(path: "cases.json")))
  }

  /// Of `Scripts/fixtures/byte_pairs.py`.
  @Test(arguments: [
    "vocabulary", "vocabulary-prefix-space", "vocabulary-unnamed", "tokenizer-file",
    "tokenizer-file-generic",
  ])
  func bytePairsEncodeAsTheReference(_ name: String) throws {
    let folder = fixturesFolder.appending(path: "byte-pairs/\(name)")
    try check(
      BertTokenizer(folder: folder), ReferenceCases.read(folder.appending(path: "cases.json")))
  }

  /// Of `Scripts/fixtures/unigram.py`.
  @Test(arguments: [
    "sentencepiece", "sentencepiece-camembert", "sentencepiece-no-prefix", "sentencepiece-unnamed",
    "tokenizer-file", "tokenizer-file-bytes", "tokenizer-file-camembert", "tokenizer-file-generic",
  ])
  func unigramEncodesAsTheReference(_ name: String) throws {
    let folder = fixturesFolder.appending(path: "unigram/\(name)")
    try check(
      BertTokenizer(folder: folder), ReferenceCases.read(folder.appending(path: "cases.json")))
  }

  @Test func defaultModelEncodesAsTheReference() throws {
    try check(
      BertTokenizer(folder: repositoryFolder.appending(path: "Models/cloud4bert")),
      ReferenceCases.read(ReferenceCases.folder.appending(path: "default-model.json")))
  }

  private func check(_ tokenizer: BertTokenizer, _ reference: ReferenceCases) throws {
    #expect(tokenizer.vocabularySize == reference.size)
    #expect(tokenizer.modelMaxLength == reference.maxLength)
    #expect(tokenizer.truncationSide.rawValue == reference.side ?? "right")
    #expect(tokenizer.givesTokenTypeIDs == reference.givesTypes ?? true)
    if let mask = reference.mask { #expect(tokenizer.maskTokenID == mask) }
    if let pad = reference.pad { #expect(tokenizer.padTokenID == pad) }
    if let cls = reference.cls { #expect(tokenizer.classifierTokenID == cls) }
    if let sep = reference.sep { #expect(tokenizer.separatorTokenID == sep) }
    if let unk = reference.unk { #expect(tokenizer.unknownTokenID == unk) }
    let ids = [
      "mask": tokenizer.maskTokenID, "pad": tokenizer.padTokenID,
      "cls": tokenizer.classifierTokenID, "sep": tokenizer.separatorTokenID,
    ]
    for name in reference.nulls ?? [] { #expect(ids[name] == .some(nil), "\(name)") }
    for (id, content) in reference.added {
      let number = try #require(Int(id))
      let text = try #require(tokenizer.token(for: number))
      #expect(Array(text.utf8) == Array((reference.texts?[id] ?? content).utf8))
      #expect(tokenizer.id(for: content) == number)
    }
    let decoded = reference.decoded
    #expect(tokenizer.decode(decoded.ids) == decoded.plain)
    #expect(tokenizer.decode(decoded.ids, skipSpecialTokens: false) == decoded.special)

    #expect(reference.cases.count > 20)
    var buffer = TokenBuffer()
    for expected in reference.cases {
      try check(tokenizer, expected, &buffer)
    }
  }

  private func check(
    _ tokenizer: BertTokenizer, _ expected: ReferenceCase, _ buffer: inout TokenBuffer
  ) throws {
    let specials = expected.specials ?? true
    if expected.fails == true {
      #expect(throws: TokenizerError.self, "\(expected)") {
        try tokenizer.encode(
          expected.text, pair: expected.pair, maxLength: expected.length,
          truncation: expected.truncation, addSpecialTokens: specials)
      }
      return
    }
    let encoding = try tokenizer.encode(
      expected.text, pair: expected.pair, maxLength: expected.length,
      truncation: expected.truncation, addSpecialTokens: specials)
    #expect(encoding.ids == expected.ids, "\(expected)")
    #expect(expected.codePointOffsets(of: encoding) == expected.offsets, "\(expected)")
    #expect(encoding.isTruncated == (expected.truncated ?? false), "\(expected)")
    let zeros = [UInt8](repeating: 0, count: encoding.ids.count)
    #expect(encoding.tokenTypeIDs == expected.types ?? zeros, "\(expected)")
    if let sequences = expected.sequences {
      #expect(encoding.sequenceIDs.map { $0 ?? -1 } == sequences, "\(expected)")
    }

    let before = buffer.ids
    let appended = try tokenizer.append(
      expected.text, pair: expected.pair, maxLength: expected.length,
      truncation: expected.truncation, addSpecialTokens: specials, to: &buffer)
    #expect(appended.count == encoding.ids.count)
    #expect(appended.isTruncated == encoding.isTruncated)
    #expect(buffer.ids == before + encoding.ids, "\(expected)")
    #expect(
      Array(buffer.tokenTypeIDs.suffix(appended.count))
        == (tokenizer.givesTokenTypeIDs ? encoding.tokenTypeIDs : zeros))
    if buffer.ids.count > 1000 { buffer.removeAll() }
  }
}
