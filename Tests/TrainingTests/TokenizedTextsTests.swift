import Foundation
import TestSupport
import Testing
import Tokenization
import Transformers

@testable import Training

@Suite struct TokenizedTextsTests {
  private let tokenizer: BertTokenizer

  init() throws {
    tokenizer = try BertTokenizer(folder: fixturesFolder.appending(path: "checkpoints/bert-bare"))
  }

  private let inputs: [TextInput] = [
    "the film was very great", "", TextInput("a bad plot", pair: "not good"), "slow and bad",
  ]

  @Test func keepsWhatTheTokenizerGives() throws {
    let texts = try TokenizedTexts(inputs, tokenizer: tokenizer, maxLength: 6)
    #expect(texts.count == 4 && texts.truncatedCount == 2 && texts.longest == 6)
    let batch = texts.batch([2, 0, 2])
    for (sequence, text) in [2, 0, 2].enumerated() {
      let expected = try tokenizer.encode(
        inputs[text].text, pair: inputs[text].pair, maxLength: 6)
      let tokens = batch.tokens(of: sequence)
      #expect(Array(batch.tokenIDs[tokens]) == expected.ids)
      #expect(Array(batch.tokenTypeIDs[tokens]) == expected.tokenTypeIDs)
      #expect(texts.tokenCount(of: text) == expected.ids.count)
    }
    #expect(texts.tokenCount == (0..<4).reduce(0) { $0 + texts.tokenCount(of: $1) })
  }

  @Test func aDigestTellsTextsApart() throws {
    func digest(_ inputs: [TextInput]) throws -> String {
      var digest = DataDigest()
      try TokenizedTexts(inputs, tokenizer: tokenizer, maxLength: 20).add(to: &digest)
      return digest.value
    }
    let others: [[TextInput]] = [
      inputs, inputs.reversed(), Array(inputs.dropLast()), inputs + [""],
      ["the film was very", "great", inputs[2], inputs[3]],
      [inputs[0], inputs[1], "a bad plot not good", inputs[3]], [],
    ]
    #expect(try Set(others.map(digest)).count == others.count)
    #expect(try digest(inputs) == digest(inputs))
  }
}
