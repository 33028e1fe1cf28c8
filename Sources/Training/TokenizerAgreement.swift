import Files
import Tokenization

/// Whether two models see the same tokens of a text.
enum TokenizerAgreement {
  /// Texts that are tried: where vocabularies are equal, what else may differ (upper case, accents,
  /// special tokens) shows in any few of them.
  private static let sampleCount = 1000

  /// What is different, or nil where nothing is: the vocabularies, or the tokens of one of the texts.
  static func difference(
    student: BertTokenizer, teacher: BertTokenizer, texts: [TextInput]
  ) throws -> String? {
    guard student.vocabularySize == teacher.vocabularySize else {
      return "it has \(student.vocabularySize) entries and not \(teacher.vocabularySize)"
    }
    for id in 0..<teacher.vocabularySize {
      let (found, expected) = (student.token(for: id), teacher.token(for: id))
      guard found == expected else {
        return "its entry \(id) is \(shown(found)) and not \(shown(expected))"
      }
    }
    for (index, input) in texts.prefix(sampleCount).enumerated() {
      let (found, expected) = try (
        student.encode(input.text, pair: input.pair), teacher.encode(input.text, pair: input.pair)
      )
      guard found.ids == expected.ids else {
        return "text \(index + 1) of the input has other tokens"
      }
    }
    return nil
  }

  private static func shown(_ token: String?) -> String {
    token.map(quoted) ?? "missing"
  }
}
