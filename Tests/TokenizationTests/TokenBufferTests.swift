import Foundation
import TestSupport
import Testing
import Tokenization

@Suite struct TokenBufferTests {
  private let tokenizer: BertTokenizer

  init() throws {
    tokenizer = try BertTokenizer(folder: repositoryFolder.appending(path: "Models/cloud4bert"))
  }

  @Test func keepsWhatIsThereWhenItFails() throws {
    var buffer = TokenBuffer()
    try tokenizer.append("hello", to: &buffer)
    let before = buffer.ids
    #expect(throws: TokenizerError.maxLengthTooSmall(maxLength: 1, specialTokens: 2)) {
      try tokenizer.append("hello", maxLength: 1, to: &buffer)
    }
    #expect(buffer.ids == before)
    #expect(buffer.tokenTypeIDs.count == before.count)
  }

  @Test func stopsAtTheMaximumLength() throws {
    var buffer = TokenBuffer()
    let long = String(repeating: "hello, wörld 中 ", count: 10_000)
    let whole = try tokenizer.encode(long)
    #expect(whole.ids.count == 40_002)
    for length in [2, 3, 4, 5, 6, 7, 128, 512] {
      buffer.removeAll()
      let result = try tokenizer.append(long, maxLength: length, to: &buffer)
      #expect(result.count == length && result.isTruncated)
      #expect(buffer.ids == whole.ids.prefix(length - 1) + [102])
    }
    let exact = try tokenizer.encode(long, maxLength: 40_002)
    #expect(!exact.isTruncated && exact.ids == whole.ids)
  }

  @Test func repairsInvalidUTF8() throws {
    var repaired = TokenBuffer()
    var plain = TokenBuffer()
    try tokenizer.append(utf8: [0x61, 0xFF, 0x20, 0xE4, 0xB8, 0x62, 0xF4], to: &repaired)
    try tokenizer.append("a\u{FFFD} \u{FFFD}b\u{FFFD}", to: &plain)
    #expect(repaired.ids == plain.ids)
  }

  @Test func manyThreadsShareOneTokenizer() async throws {
    let texts = (0..<200).map { "This is text \($0): naïve, unaffable [MASK] 中文 \($0 * 7919)" }
    let expected = try texts.map { try tokenizer.encode($0).ids }
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask { [tokenizer] in
          var buffer = TokenBuffer()
          for (text, ids) in zip(texts, expected) {
            buffer.removeAll()
            try tokenizer.append(text, to: &buffer)
            if buffer.ids != ids { return false }
          }
          return true
        }
      }
      for try await matches in group { #expect(matches) }
    }
  }

  /// Marks are sorted, not inserted one by one, and a word's bytes are not kept past its limit.
  @Test(.timeLimit(.minutes(1))) func hostileTextsTakeNoLongerThanOthers() throws {
    var buffer = TokenBuffer()
    for text in [
      String(repeating: "\u{301}\u{323}", count: 200_000), String(repeating: "x", count: 1_000_000),
      String(repeating: "[MASK", count: 100_000), String(repeating: "[", count: 200_000),
    ] {
      buffer.removeAll()
      try tokenizer.append(text, to: &buffer)
      #expect(buffer.ids.count >= 2)
    }
  }
}
