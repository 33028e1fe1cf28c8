import Foundation
import TestSupport
import Testing
import Tokenization

/// Against the overflowing tokens of Hugging Face tokenizers (`Scripts/fixtures/windows.py`).
@Suite struct WindowTests {
  static let tokenizer = Result {
    try BertTokenizer(folder: repositoryFolder.appending(path: "Models/cloud4bert"))
  }

  @Test func allCasesAreThere() {
    #expect(WindowCase.all.count == 17)
  }

  @Test(arguments: WindowCase.all)
  func windowsAreThoseOfHuggingFace(_ expected: WindowCase) throws {
    let tokenizer = try Self.tokenizer.get()
    var buffer = TokenBuffer()
    var windows: [[Int32]] = []
    var ends: [Bool] = []
    try tokenizer.forEachWindow(
      of: expected.text, maxLength: expected.maxLength, stride: expected.stride, in: &buffer
    ) { tokens, textTokenCount, isLast in
      windows.append(tokens.ids)
      ends.append(isLast)
      #expect(tokens.tokenTypeIDs.count == tokens.ids.count)
      #expect(textTokenCount == tokens.ids.count - 2)
    }
    #expect(windows == expected.windows)
    #expect(ends == expected.windows.indices.map { $0 == expected.windows.count - 1 })
  }

  @Test func aTextThatFitsIsAsItIs() throws {
    let tokenizer = try Self.tokenizer.get()
    for text in ["", "a", "Thanks a lot, that fixed it!"] {
      var buffer = TokenBuffer()
      var windows: [[Int32]] = []
      try tokenizer.forEachWindow(of: text, maxLength: 30, stride: 5, in: &buffer) { tokens, _, _ in
        windows.append(tokens.ids)
      }
      #expect(try windows == [tokenizer.encode(text).ids])
    }
  }

  @Test func refusesLengthsThatLeaveNoRoom() throws {
    let tokenizer = try Self.tokenizer.get()
    for (maxLength, stride) in [(0, 0), (2, 0), (-5, 0), (10, 8), (10, 100), (10, -1)] {
      var buffer = TokenBuffer()
      #expect(throws: TokenizerError.self) {
        try tokenizer.forEachWindow(
          of: "a", maxLength: maxLength, stride: stride, in: &buffer
        ) { _, _, _ in Issue.record("there is no such window") }
      }
    }
  }
}
