package import Files

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// BERT's tokenizer: the same ids as Hugging Face `tokenizers` for a model's folder.
///
/// It does not change once it is made, so that any number of threads may use one at once.
public struct BertTokenizer: Sendable {
  private let pipeline: TextPipeline
  private let template: Template
  private let decoder: TokenDecoder
  private let trimming: OffsetTrimming?
  private let cleansUpSpaces: Bool

  /// The greatest length, in tokens, that the model was trained for, from `tokenizer_config.json`;
  /// nil where it sets none. `encode` does not apply it by itself.
  public let modelMaxLength: Int?

  /// Which end of a text `encode` and `append` leave out to keep within a maximum length:
  /// `truncation_side` of `tokenizer_config.json`, or else of the truncation in `tokenizer.json`;
  /// right where neither sets it.
  public let truncationSide: TruncationSide

  /// Whether transformers gives the model token type ids: whether `token_type_ids` is among the
  /// `model_input_names` of `tokenizer_config.json`, or else of the tokenizer's class. Without them
  /// every token is of type 0 for the model, also in a pair.
  public let givesTokenTypeIDs: Bool

  /// How many embeddings the model has; nil where that is not known. Of a text that has a token without
  /// one nothing comes: the vocabulary may be larger, as by an added token that was never trained.
  public internal(set) var embeddingCount: Int?

  public let maskTokenID: Int?
  public let padTokenID: Int?
  /// `[CLS]`.
  public let classifierTokenID: Int?
  /// `[SEP]`.
  public let separatorTokenID: Int?
  public let unknownTokenID: Int?

  /// Reads `tokenizer.json`, or else `vocab.txt`, RoBERTa's `vocab.json` and `merges.txt`, or
  /// XLM-RoBERTa's and CamemBERT's `sentencepiece.bpe.model`, and, where they are there,
  /// `tokenizer_config.json`, `special_tokens_map.json`, `added_tokens.json` and `config.json`.
  ///
  /// They count as in transformers' `AutoTokenizer` (version 5): where the folder names the class
  /// `BertTokenizer` or `DistilBertTokenizer`, or none and the model type `bert` or `distilbert`,
  /// the vocabulary and the added tokens come from `tokenizer.json`, but normalizer, template and
  /// model are built from `tokenizer_config.json`, in which `do_lower_case` is true unless set; in the
  /// same way RoBERTa's parts around its vocabulary and merges, for `RobertaTokenizer`, and those of
  /// `XLMRobertaTokenizer` and `CamembertTokenizer` around their pieces. With
  /// a class of no tokenizer in particular, such as `PreTrainedTokenizerFast`, or no class and no
  /// model type, `tokenizer.json` counts as it is.
  ///
  /// - Throws: `TokenizerError` for files that are absent, damaged or of another kind of tokenizer:
  ///   `unsupportedClass` where a class is named that splits texts otherwise.
  public init(folder: URL) throws(TokenizerError) {
    try self.init(folder: OpenedFolder(folder), lowersCase: false)
  }

  /// Opens a folder's tokenizer for texts that may have to be lower-cased first.
  ///
  /// - Parameter lowersCase: Whether texts are lower-cased before all else, whatever the files say:
  ///   `do_lower_case` of sentence-transformers.
  package init(folder: OpenedFolder, lowersCase: Bool) throws(TokenizerError) {
    let tokenizerFile = try folder.tokenizerFile(ModelFileName.tokenizer)
    var configuration = try TokenizerConfiguration(
      folder, hasTokenizerFile: tokenizerFile != nil)
    let parts: TokenizerParts
    var fileSide: TruncationSide?
    if let bytes = tokenizerFile {
      let file = try TokenizerFile(bytes, file: folder.path(of: ModelFileName.tokenizer))
      if configuration.tokenizerClass.construction == .fromFile,
        let token = try file.paddingToken()
      {
        configuration.setDefault("pad_token", to: token)
      }
      parts = try TokenizerParts(file, configuration, lowersCase: lowersCase)
      fileSide = try file.truncationSide()
    } else if configuration.tokenizerClass.construction == .rebuiltByteLevel {
      guard let bytes = try folder.tokenizerFile(ModelFileName.bytePairVocabulary) else {
        throw .noVocabulary(folder, configuration.tokenizerClass)
      }
      let path = folder.path(of: ModelFileName.bytePairVocabulary)
      guard let merges = try folder.tokenizerFile(ModelFileName.merges) else {
        throw .unreadable(
          file: folder.path(of: ModelFileName.merges), reason: "vocab.json is there without it")
      }
      let (unknownToken, addsPrefixSpace) = TokenizerParts.robertaParameters(configuration)
      parts = try TokenizerParts(
        roberta: BytePairs(
          vocabulary: Vocabulary.Builder(json: bytes, file: path),
          merges: MergeList(lines: merges, file: folder.path(of: ModelFileName.merges)),
          unknownToken: unknownToken, addsPrefixSpace: addsPrefixSpace, file: path),
        added: [], configuration, file: path, lowersCase: lowersCase)
    } else if configuration.tokenizerClass.isUnigram {
      guard let bytes = try folder.tokenizerFile(ModelFileName.sentencePiece) else {
        throw .noVocabulary(folder, configuration.tokenizerClass)
      }
      let file = try SentencePieceFile(bytes, file: folder.path(of: ModelFileName.sentencePiece))
      configuration.addTokens(ofSentencePiece: file.addedTokens)
      parts = try TokenizerParts(
        unigram: file.unigram(configuration), added: [], configuration, file: file.file,
        lowersCase: lowersCase)
    } else if let bytes = try folder.tokenizerFile(ModelFileName.vocabulary) {
      let path = folder.path(of: ModelFileName.vocabulary)
      parts = try TokenizerParts(
        bert: Vocabulary.Builder(lines: bytes, file: path), file: path, added: [], configuration,
        lowersCase: lowersCase)
    } else {
      throw .noVocabulary(folder, configuration.tokenizerClass)
    }
    pipeline = parts.pipeline
    template = parts.template
    decoder = parts.decoder
    trimming = parts.trimming
    cleansUpSpaces = configuration.cleansUpSpaces
    modelMaxLength = configuration.modelMaxLength
    givesTokenTypeIDs = configuration.givesTokenTypeIDs
    truncationSide = configuration.truncationSide ?? fileSide ?? .right
    unknownTokenID = pipeline.id(of: pipeline.model.unknownToken)
    maskTokenID = configuration.name("mask_token").flatMap(pipeline.id(of:))
    padTokenID = configuration.name("pad_token").flatMap(pipeline.id(of:))
    classifierTokenID = configuration.name("cls_token").flatMap(pipeline.id(of:))
    separatorTokenID = configuration.name("sep_token").flatMap(pipeline.id(of:))
  }

  /// This tokenizer for a model of so many embeddings.
  package func limited(to embeddingCount: Int) -> BertTokenizer {
    var tokenizer = self
    tokenizer.embeddingCount = embeddingCount
    return tokenizer
  }

  /// Refuses ids for which the model has no embedding.
  ///
  /// - Throws: `TokenizerError.tokenWithoutEmbedding`
  package func checkEmbedding(of ids: some Sequence<Int32>) throws(TokenizerError) {
    guard let embeddingCount else { return }
    for id in ids where id >= embeddingCount {
      throw .tokenWithoutEmbedding(
        token: token(for: id) ?? "", id: Int(id), embeddingCount: embeddingCount)
    }
  }

  /// The highest id and one, added tokens included.
  public var vocabularySize: Int {
    max(pipeline.model.vocabulary.highestID, pipeline.addedTokens.highestID) + 1
  }

  /// The token of an id of an ``Encoding``; nil where there is none.
  public func token(for id: some BinaryInteger) -> String? {
    Int(exactly: id).flatMap(pipeline.token(for:))
  }

  /// Whether texts are lower-cased.
  package var lowersCase: Bool { pipeline.normalizer.lowercase }

  /// Whether an id is of a special token.
  package func isSpecial(_ id: some BinaryInteger) -> Bool {
    token(for: id).map(pipeline.addedTokens.isSpecial) ?? false
  }

  /// The id of a token, added tokens included; nil where there is none.
  public func id(for token: String) -> Int? {
    pipeline.id(of: token)
  }

  /// How many special tokens the model's template adds to a text, or to a pair of texts.
  public func numberOfSpecialTokens(pair: Bool) -> Int {
    template.specialTokenCount(isPair: pair)
  }

  /// Encodes a text, or a pair of texts.
  ///
  /// - Parameters:
  ///   - text: The text, or the first of a pair.
  ///   - pair: The second of a pair.
  ///   - maxLength: The most tokens, special tokens included; nil for no truncation.
  ///   - truncation: Which of a pair is cut where both are too long together.
  ///   - addSpecialTokens: Whether to add those of the model's template.
  /// - Throws: `TokenizerError.maxLengthTooSmall` where `maxLength` has no room for the special
  ///   tokens, `TokenizerError.truncationImpossible` as `truncation` says, and
  ///   `TokenizerError.unknownTokenMissing` and `TokenizerError.tokenWithoutEmbedding` for words that the
  ///   model cannot take.
  public func encode(
    _ text: String, pair: String? = nil, maxLength: Int? = nil,
    truncation: Truncation = .longestFirst, addSpecialTokens: Bool = true
  ) throws(TokenizerError) -> Encoding {
    var scratch = TextScratch()
    let layout = try layOut(
      text, pair: pair, maxLength: maxLength, truncation: truncation,
      addSpecialTokens: addSpecialTokens, tracksOffsets: true, in: &scratch)
    if let trimming {
      for (sequence, range) in [(text, layout.first), (pair ?? "", layout.second ?? 0..<0)] {
        var sequence = sequence
        sequence.withUTF8 { trimming.trim(range, of: $0, &scratch.words, spaces: spaces) }
      }
    }
    var encoding = Encoding()
    encoding.isTruncated = layout.isTruncated
    for (tokens, piece) in layout.pieces(of: template, addSpecialTokens: addSpecialTokens) {
      switch piece {
      case .special(let ids, let typeID):
        encoding.ids += ids
        encoding.tokenTypeIDs += repeatElement(typeID, count: ids.count)
        encoding.offsets += repeatElement(0..<0, count: ids.count)
        encoding.sequenceIDs += repeatElement(nil, count: ids.count)
      case .first(let typeID), .second(let typeID):
        let sequence = if case .first = piece { 0 } else { 1 }
        encoding.ids += scratch.words.ids[tokens]
        encoding.tokenTypeIDs += repeatElement(typeID, count: tokens.count)
        encoding.offsets += scratch.words.offsets[tokens]
        encoding.sequenceIDs += repeatElement(.some(sequence), count: tokens.count)
      }
    }
    try checkEmbedding(of: encoding.ids)
    return encoding
  }

  /// How many spaces, or signs for one, a token begins and ends with; an added token is as its text, in
  /// which there may be white space around it.
  private func spaces(
    around id: Int32, _ text: Slice<UnsafeBufferPointer<UInt8>>
  ) -> (leading: Int, trailing: Int) {
    let isAdded = pipeline.addedTokens.tokens[Int(id)] != nil
    let content = isAdded ? String(decoding: text, as: UTF8.self) : token(for: id) ?? ""
    let token = Array(content.unicodeScalars)
    func isSpace(_ scalar: Unicode.Scalar) -> Bool {
      scalar == "\u{120}" || scalar.properties.isWhitespace
    }
    return (token.prefix(while: isSpace).count, token.reversed().prefix(while: isSpace).count)
  }

  /// Appends the ids and token type ids of a text, or of a pair of texts, to `buffer`: `encode`
  /// without offsets, for the many, and with the token type ids that the model is given: the
  /// template's, or 0 as ``givesTokenTypeIDs`` says. Returns the number of tokens appended, and whether
  /// tokens were left out to keep within `maxLength`.
  ///
  /// - Throws: As `encode`; `buffer` is then as before.
  @discardableResult
  public func append(
    _ text: String, pair: String? = nil, maxLength: Int? = nil,
    truncation: Truncation = .longestFirst, addSpecialTokens: Bool = true,
    to buffer: inout TokenBuffer
  ) throws(TokenizerError) -> (count: Int, isTruncated: Bool) {
    let layout = try layOut(
      text, pair: pair, maxLength: maxLength, truncation: truncation,
      addSpecialTokens: addSpecialTokens, tracksOffsets: false, in: &buffer.scratch)
    let before = buffer.ids.count
    try append(layout, addSpecialTokens: addSpecialTokens, to: &buffer)
    return (buffer.ids.count - before, layout.isTruncated)
  }

  /// Appends the tokens of the scratch memory that a layout chooses.
  private func append(
    _ layout: TokenLayout, addSpecialTokens: Bool, to buffer: inout TokenBuffer
  ) throws(TokenizerError) {
    let before = buffer.ids.count
    for (tokens, piece) in layout.pieces(of: template, addSpecialTokens: addSpecialTokens) {
      let (count, typeID): (Int, UInt8)
      switch piece {
      case .special(let ids, let type):
        buffer.ids += ids
        (count, typeID) = (ids.count, type)
      case .first(let type), .second(let type):
        buffer.ids += buffer.scratch.words.ids[tokens]
        (count, typeID) = (tokens.count, type)
      }
      buffer.tokenTypeIDs += repeatElement(givesTokenTypeIDs ? typeID : 0, count: count)
    }
    do {
      try checkEmbedding(of: buffer.ids[before...])
    } catch {
      buffer.tokenTypeIDs.removeLast(buffer.ids.count - before)
      buffer.ids.removeLast(buffer.ids.count - before)
      throw error
    }
  }

  /// As `append(_:pair:…)` for bytes from outside: what is not valid UTF-8 in them is read as
  /// U+FFFD, like Swift's `String(decoding:as:)`.
  @discardableResult
  public func append(
    utf8 bytes: some Collection<UInt8>, maxLength: Int? = nil, addSpecialTokens: Bool = true,
    to buffer: inout TokenBuffer
  ) throws(TokenizerError) -> (count: Int, isTruncated: Bool) {
    try append(
      String(decoding: bytes, as: UTF8.self), maxLength: maxLength,
      addSpecialTokens: addSpecialTokens, to: &buffer)
  }

  /// Encodes a text as windows of at most `maxLength` tokens, special tokens in each, that overlap by
  /// `stride` tokens: those that Hugging Face tokenizers give with `return_overflowing_tokens=True`.
  /// A text that fits is one window, the same as `append` gives.
  ///
  /// Calls `body` with each window in turn in `buffer`, which holds nothing else; with the number of
  /// its tokens that are the text's own, and whether it is the last.
  ///
  /// - Parameters:
  ///   - text: The text; there are no windows of pairs.
  ///   - maxLength: The most tokens of a window, special ones included.
  ///   - stride: Less than the tokens of text in a window.
  ///   - buffer: Holds the window at hand, and nothing else.
  ///   - body: Takes the window, how many of its tokens are the text's own, and whether it is the
  ///     last.
  /// - Throws: `TokenizerError.maxLengthTooSmall` where `maxLength` has no room for more than the
  ///   special tokens, `TokenizerError.strideOutOfRange`, and what `body` throws.
  public func forEachWindow(
    of text: String, maxLength: Int, stride: Int, in buffer: inout TokenBuffer,
    _ body: (TokenBuffer, _ textTokenCount: Int, _ isLast: Bool) throws -> Void
  ) throws {
    let specials = numberOfSpecialTokens(pair: false)
    let size = maxLength - specials
    guard size > 0 else {
      throw TokenizerError.maxLengthTooSmall(maxLength: maxLength, specialTokens: specials)
    }
    guard (0..<size).contains(stride) else {
      throw TokenizerError.strideOutOfRange(stride: stride, size: size)
    }
    let layout = try layOut(
      text, pair: nil, maxLength: nil, truncation: .longestFirst, addSpecialTokens: true,
      tracksOffsets: false, in: &buffer.scratch)
    var window = 0..<min(size, layout.first.count)
    while true {
      buffer.removeAll()
      try append(
        TokenLayout(first: window, second: nil, isTruncated: false), addSpecialTokens: true,
        to: &buffer)
      let isLast = window.upperBound == layout.first.count
      try body(buffer, window.count, isLast)
      if isLast { return }
      let start = window.lowerBound + size - stride
      window = start..<min(start + size, layout.first.count)
    }
  }

  /// The text of tokens, as `decode` of Hugging Face `tokenizers` with the model's decoder, which
  /// mostly joins words by spaces and takes those out that English spelling does without. Where the
  /// folder sets `clean_up_tokenization_spaces`, the text is cleaned up as a whole too, as
  /// transformers does it. Ids without a token are left out.
  public func decode(
    _ ids: some Sequence<some BinaryInteger>, skipSpecialTokens: Bool = true
  ) -> String {
    let tokens = ids.compactMap { token(for: $0) }.filter {
      !(skipSpecialTokens && pipeline.addedTokens.isSpecial($0))
    }
    let text = decoder.decode(tokens)
    return cleansUpSpaces ? WordPieceDecoder.cleanedUp(text) : text
  }

  /// Encodes the sequences one after another into `scratch.words`, and decides what to keep.
  private func layOut(
    _ text: String, pair: String?, maxLength: Int?, truncation: Truncation,
    addSpecialTokens: Bool, tracksOffsets: Bool, in scratch: inout TextScratch
  ) throws(TokenizerError) -> TokenLayout {
    let specials = addSpecialTokens ? numberOfSpecialTokens(pair: pair != nil) : 0
    if let maxLength, maxLength < specials || maxLength < 0 {
      throw .maxLengthTooSmall(maxLength: maxLength, specialTokens: specials)
    }
    let budget = maxLength.map { $0 - specials }
    scratch.words.ids.removeAll(keepingCapacity: true)
    scratch.words.offsets.removeAll(keepingCapacity: true)
    scratch.words.lacksUnknownToken = false
    // One token past the budget tells that a text is too long; how a pair is cut depends on both
    // lengths in full, and the end of a text is known once all of it is.
    let isBounded = pair == nil && truncation == .longestFirst && truncationSide == .right
    let limit = isBounded ? budget.map { $0 + 1 } ?? .max : .max
    var text = text
    text.withUTF8 {
      pipeline.append($0, limit: limit, tracksOffsets: tracksOffsets, to: &scratch)
    }
    let first = scratch.words.ids.count
    var second: Int?
    if var pair {
      pair.withUTF8 {
        pipeline.append($0, limit: .max, tracksOffsets: tracksOffsets, to: &scratch)
      }
      second = scratch.words.ids.count - first
    }
    if scratch.words.lacksUnknownToken {
      throw .unknownTokenMissing(pipeline.model.unknownToken)
    }
    guard let budget else {
      return TokenLayout(
        first: 0..<first, second: second.map { first..<first + $0 }, isTruncated: false)
    }
    let kept = try truncation.lengths(first: first, second: second, budget: budget)
    return TokenLayout(
      first: truncationSide.kept(kept.first, of: 0..<first),
      second: second.map { truncationSide.kept(kept.second, of: first..<first + $0) },
      isTruncated: kept.first + kept.second < first + (second ?? 0))
  }
}

/// Which tokens of the scratch memory make up the sequences.
private struct TokenLayout {
  var first: Range<Int>
  var second: Range<Int>?
  var isTruncated: Bool

  /// The pieces of a template with the tokens that fill them.
  func pieces(
    of template: Template, addSpecialTokens: Bool
  ) -> some Sequence<(Range<Int>, Template.Piece)> {
    template.pieces(isPair: second != nil).lazy.compactMap { piece in
      switch piece {
      case .special: addSpecialTokens ? (0..<0, piece) : nil
      case .first: (first, piece)
      case .second: (second ?? 0..<0, piece)
      }
    }
  }
}

extension TokenizerError {
  fileprivate static func noVocabulary(
    _ folder: OpenedFolder, _ tokenizerClass: TokenizerClass
  ) -> TokenizerError {
    .noVocabulary(
      folder: folder.url.path, files: tokenizerClass.vocabularyFiles, reader: tokenizerClass.name)
  }
}
