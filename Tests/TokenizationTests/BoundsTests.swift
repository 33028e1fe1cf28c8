import Foundation
import TestSupport
import Testing
import Tokenization

/// Files and texts that are made to take much time or memory.
@Suite struct BoundsTests {
  private func open(addedTokens: [String], vocabulary: [String] = []) throws -> BertTokenizer {
    let words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + vocabulary
    let tokens = addedTokens.enumerated().map { index, token in
      "\"\(words.count + index)\": {\"content\": \"\(token)\", \"normalized\": false}"
    }
    let folder = try TemporaryFolder([
      "vocab.txt": Array(words.joined(separator: "\n").utf8),
      "tokenizer_config.json": Array(
        """
        {"tokenizer_class": "BertTokenizer",
        "added_tokens_decoder": {\(tokens.joined(separator: ","))}}
        """.utf8),
    ])
    return try BertTokenizer(folder: folder.url)
  }

  @Test func theBytesOfAllAddedTokensAreBounded() throws {
    let filler = String(repeating: "x", count: 1000)
    let error = thrownError(TokenizerError.self) {
      try open(addedTokens: (0..<5000).map { "\($0)\(filler)" })
    }
    let description = try #require(error).description
    #expect(description.contains("added tokens of more than 4194304 bytes in all"))
    #expect(throws: Never.self) { try open(addedTokens: (0..<1000).map { "\($0)\(filler)" }) }
  }

  /// At each place of the text a token of 1,024 bytes nearly matches.
  @Test(.timeLimit(.minutes(1))) func almostMatchesTakeLinearTime() throws {
    let run = String(repeating: "a", count: 1023)
    let tokenizer = try open(addedTokens: ["\(run)b", "aa", "b\(run)"], vocabulary: ["c"])
    let text = String(repeating: "a", count: 1_000_001)
    let ids = try tokenizer.encode(text, addSpecialTokens: false).ids
    #expect(ids == [Int32](repeating: 7, count: 500_000) + [1])
    #expect(try tokenizer.encode("\(run)b c", addSpecialTokens: false).ids == [6, 5])
  }

  /// The longest of the tokens that begin at the first place, as a search of each place by itself finds.
  @Test func findsTheLeftmostLongest() throws {
    let tokens = ["a", "ab", "abc", "bcd", "bcdee", "ea", "cde", "deab", "aaaa", "aab"]
    let tokenizer = try open(addedTokens: tokens)
    var state: UInt64 = 7
    for _ in 0..<300 {
      var text: [UInt8] = []
      for _ in 0..<60 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text.append(UInt8(ascii: "a") + UInt8(state >> 33 & 7) % 5)
      }
      var expected: [Range<Int>] = []
      var place = 0
      while place < text.count {
        let longest = tokens.filter { text[place...].starts(with: $0.utf8) }.map(\.count).max()
        if let longest { expected.append(place..<place + longest) }
        place += longest ?? 1
      }
      let encoding = try tokenizer.encode(
        String(decoding: text, as: UTF8.self), addSpecialTokens: false)
      let found = zip(encoding.ids, encoding.offsets).filter { $0.0 > 4 }.map(\.1)
      #expect(found == expected)
    }
  }

  /// Tokens on both sides of the blocks in which a text is looked through.
  @Test func findsTokensAcrossBlocks() throws {
    let long = String(repeating: "x", count: 1000)
    let tokenizer = try open(addedTokens: [long, "yz"], vocabulary: ["q"])
    for offset in [0, 1, 3998, 3999, 4000, 4001, 4095, 4096, 4097, 7999, 8000] {
      let filler = String(repeating: "q ", count: offset / 2) + (offset % 2 == 1 ? " " : "")
      let encoding = try tokenizer.encode("\(filler)yz\(long)yz q", addSpecialTokens: false)
      #expect(
        encoding.ids == [Int32](repeating: 5, count: offset / 2) + [7, 6, 7, 5])
      #expect(encoding.offsets[offset / 2] == offset..<offset + 2)
    }
  }

  @Test func aTemplateRepeatsASequenceAFewTimesOnly() throws {
    func file(_ count: Int) -> String {
      let sequence = #"{"Sequence": {"id": "A", "type_id": 0}}"#
      let single = [String](repeating: sequence, count: count).joined(separator: ",")
      return """
        {"added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing", "single": [\(single)], "pair": [\(sequence),
        {"Sequence": {"id": "B", "type_id": 0}}], "special_tokens": {}},
        "model": {"type": "WordPiece", "unk_token": "a", "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100, "vocab": {"a": 0, "b": 1}}}
        """
    }
    let twice = try TemporaryFolder(["tokenizer.json": Array(file(2).utf8)])
    #expect(try BertTokenizer(folder: twice.url).encode("a b").ids == [0, 1, 0, 1])
    let often = try TemporaryFolder(["tokenizer.json": Array(file(30).utf8)])
    let error = thrownError(TokenizerError.self) { try BertTokenizer(folder: often.url) }
    #expect(try #require(error).description.contains("a sequence more than 4 times"))
  }

  /// Marks are put in order, with places in the text and without: those that stay have one order.
  @Test func marksKeepTheirOrderWhereTheirPlacesDoNotMatter() throws {
    let tokenizer = try open(addedTokens: [], vocabulary: ["q\u{1B44}\u{302E}", "q\u{302E}"])
    let run = String(repeating: "\u{301}\u{323}", count: 50_000)
    var buffer = TokenBuffer()
    for (text, id) in [("q\u{302E}\(run)\u{1B44}", Int32(5)), ("q\(run)\u{302E}\(run)", 6)] {
      buffer.removeAll()
      try tokenizer.append(text, addSpecialTokens: false, to: &buffer)
      #expect(buffer.ids == [id])
      #expect(try tokenizer.encode(text, addSpecialTokens: false).ids == [id])
    }
  }
}
