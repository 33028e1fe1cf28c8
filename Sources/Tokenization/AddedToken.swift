import Files

/// A token that is found in the text before WordPiece sees it (`AddedToken` of Hugging Face
/// `tokenizers`).
struct AddedToken: Sendable {
  var content: String
  /// Found only where no word character adjoins it.
  var singleWord = false
  /// Takes the white space before it, and after it, into its offsets.
  var leftStrip = false
  var rightStrip = false
  /// Nil where no file says it.
  var givenNormalized: Bool?
  /// Left out by `decode(_:skipSpecialTokens:)`.
  var special: Bool

  /// Found, normalized, in the normalized text; otherwise as it stands in the original text. Where no
  /// file says it, special tokens are the latter, also those that are found to be special later on.
  var normalized: Bool { givenNormalized ?? !special }
}

extension AddedToken: Equatable {
  static func == (left: Self, right: Self) -> Bool {
    left.content.isExactly(right.content) && left.singleWord == right.singleWord
      && left.leftStrip == right.leftStrip && left.rightStrip == right.rightStrip
      && left.normalized == right.normalized && left.special == right.special
  }
}
