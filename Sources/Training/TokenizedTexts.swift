import Tensors
public import Tokenization
public import Transformers

/// Texts as token ids, made once and kept close together: an epoch goes through them again and again.
public struct TokenizedTexts: Sendable {
  private var ids: [Int32] = []
  /// As long as `ids` once a token is of another type than 0, and empty before.
  private var tokenTypeIDs: [UInt8] = []
  /// Text `i` has the tokens `offsets[i] ..< offsets[i + 1]`.
  private var offsets = [0]
  /// How many texts were truncated.
  public private(set) var truncatedCount = 0

  public init() {}

  /// Tokenises the texts.
  ///
  /// - Parameters:
  ///   - inputs: Texts, or pairs of texts.
  ///   - tokenizer: The model's.
  ///   - maxLength: The most tokens of a text, special ones included.
  /// - Throws: `TokenizerError`
  public init(_ inputs: [TextInput], tokenizer: BertTokenizer, maxLength: Int) throws {
    var buffer = TokenBuffer()
    offsets.reserveCapacity(inputs.count + 1)
    for input in inputs {
      buffer.removeAll()
      let (_, isTruncated) = try tokenizer.append(
        input.text, pair: input.pair, maxLength: maxLength, to: &buffer)
      append(buffer.ids, tokenTypeIDs: buffer.tokenTypeIDs)
      if isTruncated { truncatedCount += 1 }
    }
  }

  public mutating func append(
    _ newIDs: some Collection<Int32>, tokenTypeIDs newTypes: some Collection<UInt8>
  ) {
    precondition(newIDs.count == newTypes.count, "a token type for each token")
    if tokenTypeIDs.isEmpty, newTypes.contains(where: { $0 != 0 }) {
      tokenTypeIDs = [UInt8](repeating: 0, count: ids.count)
    }
    if !tokenTypeIDs.isEmpty { tokenTypeIDs.append(contentsOf: newTypes) }
    ids.append(contentsOf: newIDs)
    offsets.append(ids.count)
  }

  public var count: Int { offsets.count - 1 }

  /// How many tokens all texts have.
  public var tokenCount: Int { ids.count }

  public func tokenCount(of text: Int) -> Int { offsets[text + 1] - offsets[text] }

  public var longest: Int { (0..<count).reduce(0) { max($0, tokenCount(of: $1)) } }

  /// The ids of one text.
  public func ids(of text: Int) -> ArraySlice<Int32> { ids[offsets[text]..<offsets[text + 1]] }

  /// Appends one text to a batch.
  public func append(_ text: Int, to batch: inout PackedBatch) {
    let tokens = offsets[text]..<offsets[text + 1]
    if tokenTypeIDs.isEmpty {
      batch.append(ids[tokens])
    } else {
      batch.append(ids[tokens], tokenTypeIDs: tokenTypeIDs[tokens])
    }
  }

  /// These texts in a batch.
  public func batch(_ texts: some Sequence<Int>) -> PackedBatch {
    var batch = PackedBatch()
    for text in texts { append(text, to: &batch) }
    return batch
  }

  /// Adds all ids, types and lengths to a digest, by which other texts are told apart.
  public func add(to digest: inout DataDigest) {
    digest.add(offsets.map { UInt64($0) })
    digest.add(ids.map { UInt64(UInt32(bitPattern: $0)) })
    digest.add(tokenTypeIDs.map(UInt64.init))
  }
}

/// A number that other data would almost surely not have: tells a mistake, and is no seal.
public struct DataDigest: Sendable {
  private var state = SplitMix64(state: 0)

  public init() {}

  public mutating func add(_ numbers: some Collection<UInt64>) {
    add(UInt64(numbers.count))
    for number in numbers { add(number) }
  }

  public mutating func add(_ number: UInt64) {
    state.state ^= number
    state.state = state.next()
  }

  /// The digest in hexadecimal digits.
  public var value: String {
    let digits = String(state.state, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
