public import Files

/// Tokenised texts side by side, with no padding: the tokens of all sequences in one flat list, and
/// where each sequence begins. The one form in which texts reach a model.
public struct PackedBatch: Sendable, Equatable {
  /// The tokens' ids in the vocabulary, sequence after sequence.
  public private(set) var tokenIDs: [Int32] = []
  /// The text of a pair that each token belongs to (`token_type_ids`).
  public private(set) var tokenTypeIDs: [UInt8] = []
  /// Sequence `i` holds the tokens `sequenceOffsets[i] ..< sequenceOffsets[i + 1]`.
  public private(set) var sequenceOffsets: [Int] = [0]

  public init() {}

  /// A batch of these sequences, of token type 0.
  public init(_ sequences: [[Int32]]) {
    for sequence in sequences { append(sequence) }
  }

  public var tokenCount: Int { tokenIDs.count }

  public var sequenceCount: Int { sequenceOffsets.count - 1 }

  /// The range of tokens of one sequence.
  public func tokens(of sequence: Int) -> Range<Int> {
    sequenceOffsets[sequence]..<sequenceOffsets[sequence + 1]
  }

  /// Appends one sequence; without token types, they are all 0.
  public mutating func append(
    _ ids: some Collection<Int32>, tokenTypeIDs types: (some Collection<UInt8>)? = [UInt8]?.none
  ) {
    tokenIDs.append(contentsOf: ids)
    if let types {
      precondition(types.count == ids.count, "a token type for each token")
      tokenTypeIDs.append(contentsOf: types)
    } else {
      tokenTypeIDs.append(contentsOf: repeatElement(0, count: ids.count))
    }
    sequenceOffsets.append(tokenIDs.count)
  }

  /// Empties the batch and keeps its memory for the next one.
  public mutating func removeAll() {
    tokenIDs.removeAll(keepingCapacity: true)
    tokenTypeIDs.removeAll(keepingCapacity: true)
    sequenceOffsets.removeAll(keepingCapacity: true)
    sequenceOffsets.append(0)
  }
}

/// A batch that a model cannot take.
public enum BatchError: DescribedError, Equatable {
  case emptySequence(sequence: Int)
  case sequenceTooLong(sequence: Int, length: Int, limit: Int)
  case tokenOutOfRange(sequence: Int, id: Int, vocabularySize: Int)
  case tokenTypeOutOfRange(sequence: Int, type: Int, typeVocabularySize: Int)

  public var description: String {
    switch self {
    case .emptySequence(let sequence):
      "sequence \(sequence) of the batch has no tokens; even an empty text has [CLS] and [SEP]"
    case .sequenceTooLong(let sequence, let length, let limit):
      """
      sequence \(sequence) of the batch has \(length) tokens, but the model has positions for \
      \(limit); truncate it when tokenising
      """
    case .tokenOutOfRange(let sequence, let id, let size):
      """
      sequence \(sequence) of the batch holds token id \(id), but the model's vocabulary has \
      \(size) entries; tokenise with the model's own tokenizer
      """
    case .tokenTypeOutOfRange(let sequence, let type, let size):
      "sequence \(sequence) of the batch holds token type \(type), but the model knows \(size) types"
    }
  }
}

extension PackedBatch {
  /// Checks every id and length once, so that the layers need not.
  ///
  /// - Parameters:
  ///   - vocabularySize: Ids are below it.
  ///   - typeVocabularySize: nil for a model without token types, which ignores them.
  ///   - maxTokenCount: The most tokens of a sequence.
  public func validate(
    vocabularySize: Int, typeVocabularySize: Int?, maxTokenCount: Int
  ) throws(BatchError) {
    for sequence in 0..<sequenceCount {
      let tokens = tokens(of: sequence)
      if tokens.isEmpty { throw .emptySequence(sequence: sequence) }
      if tokens.count > maxTokenCount {
        throw .sequenceTooLong(
          sequence: sequence, length: tokens.count, limit: maxTokenCount)
      }
      for token in tokens {
        let id = Int(tokenIDs[token])
        if id < 0 || id >= vocabularySize {
          throw .tokenOutOfRange(sequence: sequence, id: id, vocabularySize: vocabularySize)
        }
        if let typeVocabularySize, Int(tokenTypeIDs[token]) >= typeVocabularySize {
          throw .tokenTypeOutOfRange(
            sequence: sequence, type: Int(tokenTypeIDs[token]),
            typeVocabularySize: typeVocabularySize)
        }
      }
    }
  }
}
