import Tensors
import Transformers

/// Words hidden for a masked language model to find: some tokens of a text are chosen, and of these
/// most become the mask token, some a random token, and some stay as they are (Devlin et al., 2018,
/// section 3.1; transformers' `DataCollatorForLanguageModeling`).
///
/// Each token is chosen by itself, whatever batch its text is in. The choice depends on the seed, the
/// epoch, the text and the token's place alone, so every epoch masks anew and every run alike.
public struct TokenMasking: Sendable {
  /// The share of tokens that are chosen.
  public static let share = 0.15
  /// The share of the chosen tokens that becomes the mask token, and that which becomes a random
  /// token.
  public static let maskedShare = 0.8
  public static let randomShare = 0.1

  public let maskTokenID: Int32
  /// Ids that are never chosen: those of special tokens.
  public let specialTokenIDs: Set<Int32>
  /// Random tokens have ids below this.
  public let vocabularySize: Int
  public let seed: UInt64

  /// Says which tokens may be chosen and what they become.
  ///
  /// - Parameters:
  ///   - maskTokenID: What most of the chosen tokens become.
  ///   - specialTokenIDs: Ids that are never chosen.
  ///   - vocabularySize: Random tokens have ids below this; at least 1.
  ///   - seed: Gives the tokens that are chosen, and what becomes of them.
  public init(
    maskTokenID: Int32, specialTokenIDs: Set<Int32>, vocabularySize: Int, seed: UInt64
  ) {
    precondition(vocabularySize > 0, "a vocabulary with a token")
    self.maskTokenID = maskTokenID
    self.specialTokenIDs = specialTokenIDs
    self.vocabularySize = vocabularySize
    self.seed = seed
  }

  /// A text's tokens with some hidden, and the places of those that were chosen, in order.
  ///
  /// - Parameters:
  ///   - ids: The text's tokens.
  ///   - text: The text's number in the data.
  ///   - epoch: How often the data were gone through before, or any number of its own.
  public func callAsFunction(
    _ ids: some Collection<Int32>, text: Int, epoch: Int
  ) -> (ids: [Int32], chosen: [Int]) {
    var ids = Array(ids)
    var chosen: [Int] = []
    var generator = SplitMix64(
      seed, 0x6D_6173_6B, UInt64(bitPattern: Int64(epoch)), UInt64(text))  // "mask"
    for place in ids.indices {
      // As many numbers for every token, so that a token's fate does not hang on those before it.
      let (choice, kind) = (generator.uniform(), generator.uniform())
      let other = generator.number(below: vocabularySize)
      guard choice < Self.share, !specialTokenIDs.contains(ids[place]) else { continue }
      chosen.append(place)
      if kind < Self.maskedShare {
        ids[place] = maskTokenID
      } else if kind < Self.maskedShare + Self.randomShare {
        ids[place] = Int32(other)
      }
    }
    return (ids, chosen)
  }
}

extension SplitMix64 {
  /// In 0..<1.
  fileprivate mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }
}
