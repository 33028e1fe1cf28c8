import Files

/// From a text to the ids of its tokens, without those that a template adds: added tokens,
/// normalization, splitting into words, and the model that cuts them.
struct TextPipeline: Sendable {
  let normalizer: BertNormalizer
  let splitting: WordSplitting
  let ascii: ASCIITable
  let model: TokenModel
  let addedTokens: AddedVocabulary
  /// Whether special tokens in a text are text like any other (`encode_special_tokens` of Hugging
  /// Face `tokenizers`).
  let splitsSpecialTokens: Bool
  private let originalPatterns: PatternAutomaton
  private let normalizedPatterns: PatternAutomaton
  /// What stands for added tokens that are found in the normalized text: their content normalized.
  private let normalizedTexts: [Int: String]

  init(
    normalizer: BertNormalizer, splitting: WordSplitting = .bert, model: TokenModel,
    addedTokens: AddedVocabulary, splitsSpecialTokens: Bool
  ) {
    self.normalizer = normalizer
    self.splitting = splitting
    self.model = model
    self.addedTokens = addedTokens
    self.splitsSpecialTokens = splitsSpecialTokens
    ascii = ASCIITable(normalizer)
    originalPatterns = PatternAutomaton(
      addedTokens.searched(normalized: false).map { (Array($0.content.utf8), Int32($0.id)) })
    var patterns: [(bytes: [UInt8], value: Int32)] = []
    var texts: [Int: String] = [:]
    for (content, id) in addedTokens.searched(normalized: true) {
      var normalized = NormalizedText()
      var state = NormalizationState()
      var content = content
      content.withUTF8 {
        if case .unigram(let model) = model {
          var other = NormalizedText()
          normalized.append(original: $0, 0..<$0.count)
          model.normalizer.apply(to: &normalized, &other)
        } else {
          Self.normalize(
            $0, 0..<$0.count, by: normalizer, state: &state, to: &normalized)
        }
      }
      // What is nothing once normalized is never found.
      if normalized.bytes.isEmpty { continue }
      patterns.append((normalized.bytes, Int32(id)))
      texts[id] = String(decoding: normalized.bytes, as: UTF8.self)
    }
    normalizedPatterns = PatternAutomaton(patterns)
    normalizedTexts = texts
  }

  func id(of token: String) -> Int? {
    addedTokens.ids[token] ?? model.vocabulary.id(of: token)
  }

  func token(for id: Int) -> String? {
    normalizedTexts[id] ?? addedTokens.tokens[id]?.content ?? model.vocabulary.token(for: id)
  }

  /// Appends the tokens of `text`, valid UTF-8, to `scratch.words`, as far as `limit` more.
  func append(
    _ text: UnsafeBufferPointer<UInt8>, limit: Int, tracksOffsets: Bool,
    to scratch: inout TextScratch
  ) {
    let (most, overflows) = scratch.words.ids.count.addingReportingOverflow(limit)
    let limit = overflows ? .max : most
    switch model {
    case .wordPiece(let model):
      append(text, by: model, limit: limit, tracksOffsets: tracksOffsets, to: &scratch)
    case .bytePairs(let model):
      append(text, by: model, limit: limit, tracksOffsets: tracksOffsets, to: &scratch.words)
    case .unigram(let model):
      append(text, by: model, limit: limit, tracksOffsets: tracksOffsets, to: &scratch)
    }
  }

  private func append(
    _ text: UnsafeBufferPointer<UInt8>, by model: WordPiece, limit: Int, tracksOffsets: Bool,
    to scratch: inout TextScratch
  ) {
    var words = WordScratch()
    swap(&words, &scratch.words)
    scratch.normalization.tracksOrigins = tracksOffsets
    var sink = WordSink(
      model: model, splitting: splitting, ascii: ascii, tracksOffsets: tracksOffsets,
      limit: limit, scratch: words)
    split(text, 0..<text.count, by: originalPatterns) { range, id in
      if let id {
        sink.append(token: id, origin: range)
      } else if normalizedPatterns.isEmpty {
        appendWords(text, range, state: &scratch.normalization, to: &sink)
      } else {
        appendNormalized(text, range, scratch: &scratch, to: &sink)
      }
      return !sink.isFull
    }
    swap(&scratch.words, &sink.scratch)
  }

  /// No normalizer stands before byte pairs, so that the normalized text is the text.
  private func append(
    _ text: UnsafeBufferPointer<UInt8>, by model: BytePairs, limit: Int, tracksOffsets: Bool,
    to words: inout WordScratch
  ) {
    func append(token id: Int32, _ range: Range<Int>) -> Bool {
      words.ids.append(id)
      if tracksOffsets { words.offsets.append(range) }
      return words.ids.count < limit
    }
    split(text, 0..<text.count, by: originalPatterns) { range, id in
      if let id { return append(token: id, range) }
      split(text, range, by: normalizedPatterns) { range, id in
        if let id { return append(token: id, range) }
        model.append(text, range, limit: limit, tracksOffsets: tracksOffsets, to: &words)
        return words.ids.count < limit
      }
      return words.ids.count < limit
    }
  }

  private func append(
    _ text: UnsafeBufferPointer<UInt8>, by model: Unigram, limit: Int, tracksOffsets: Bool,
    to scratch: inout TextScratch
  ) {
    func append(token id: Int32, _ range: Range<Int>) -> Bool {
      scratch.words.ids.append(id)
      if tracksOffsets { scratch.words.offsets.append(range) }
      return scratch.words.ids.count < limit
    }
    var normalized = NormalizedText()
    swap(&normalized, &scratch.normalized)
    split(text, 0..<text.count, by: originalPatterns) { range, id in
      if let id { return append(token: id, range) }
      normalized.removeAll(tracksOrigins: tracksOffsets)
      normalized.append(original: text, range)
      model.normalizer.apply(to: &normalized, &scratch.otherNormalized)
      normalized.bytes.withUnsafeBufferPointer { bytes in
        split(bytes, 0..<bytes.count, by: normalizedPatterns) { range, id in
          if let id { return append(token: id, normalized.origin(of: range)) }
          model.append(normalized, range, limit: limit, to: &scratch.words)
          return scratch.words.ids.count < limit && !scratch.words.lacksUnknownToken
        }
      }
      return scratch.words.ids.count < limit && !scratch.words.lacksUnknownToken
    }
    swap(&normalized, &scratch.normalized)
  }

  private func appendWords(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, state: inout NormalizationState,
    to sink: inout WordSink
  ) {
    var index = range.lowerBound
    if splitting != .bert {
      while index < range.upperBound, !sink.isFull {
        let (value, length) = UTF8Bytes.scalar(in: text, at: index, to: range.upperBound)
        state.take(value, index, index + length, by: normalizer, to: &sink)
        index += length
      }
      state.finish(by: normalizer, to: &sink)
      sink.finishWord()
      return
    }
    while true {
      index = sink.takeASCII(text, from: index, to: range.upperBound)
      guard index < range.upperBound else { break }
      // Scalars that are not ASCII; marks among them can be held back only up to an ASCII one,
      // save for one that is removed.
      while index < range.upperBound {
        if text[index] < 0x80, ascii[text[index]] & ASCIITable.removed == 0 { break }
        let (value, length) = UTF8Bytes.scalar(in: text, at: index, to: range.upperBound)
        state.take(value, index, index + length, by: normalizer, to: &sink)
        index += length
        if sink.isFull { break }
      }
      state.finish(by: normalizer, to: &sink)
      if sink.isFull { break }
    }
    sink.finishWord()
  }

  private func appendNormalized(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, scratch: inout TextScratch,
    to sink: inout WordSink
  ) {
    scratch.normalized.removeAll(tracksOrigins: scratch.normalization.tracksOrigins)
    Self.normalize(
      text, range, by: normalizer, state: &scratch.normalization, to: &scratch.normalized)
    let normalized = scratch.normalized
    normalized.bytes.withUnsafeBufferPointer { bytes in
      split(bytes, 0..<bytes.count, by: normalizedPatterns) { range, id in
        if let id {
          sink.append(token: id, origin: normalized.origin(of: range))
          return !sink.isFull
        }
        var index = range.lowerBound
        while index < range.upperBound, !sink.isFull {
          let (value, length) = UTF8Bytes.scalar(in: bytes, at: index, to: range.upperBound)
          let origin = normalized.origin(of: index..<index + length)
          sink.append(
            NormalizedScalar(value: value, start: origin.lowerBound, end: origin.upperBound))
          index += length
        }
        sink.finishWord()
        return !sink.isFull
      }
    }
  }

  private static func normalize(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, by normalizer: BertNormalizer,
    state: inout NormalizationState, to sink: inout NormalizedText
  ) {
    var index = range.lowerBound
    while index < range.upperBound {
      let (value, length) = UTF8Bytes.scalar(in: text, at: index, to: range.upperBound)
      state.take(value, index, index + length, by: normalizer, to: &sink)
      index += length
    }
    state.finish(by: normalizer, to: &sink)
  }

  /// Calls `part` with each added token of `range` and its id, and with each range between them,
  /// until it returns false. As in the reference, matches are sought from the end of the one
  /// before, however far that has reached out for white space.
  private func split(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, by patterns: PatternAutomaton,
    _ part: (Range<Int>, Int32?) -> Bool
  ) {
    var done = range.lowerBound
    var place = range.lowerBound
    // White space that a token has reached over already, lest a pattern of white space walk over
    // a run of it again from each place of the run.
    var reached = 0..<0
    var matches = PatternAutomaton.Matches(patterns, in: text, range)
    while let match = matches.next(from: place) {
      place = match.range.upperBound
      var (start, end) = (match.range.lowerBound, match.range.upperBound)
      if let token = addedTokens.tokens[Int(match.value)] {
        if splitsSpecialTokens, addedTokens.isSpecial(token.content) { continue }
        if token.singleWord {
          let before = start > range.lowerBound ? scalar(before: start, in: text, range) : nil
          let after = end < range.upperBound ? scalar(at: end, in: text, range) : nil
          if before?.contains(.word) == true || after?.contains(.word) == true { continue }
        }
        if token.leftStrip {
          while start > done, scalar(before: start, in: text, range).contains(.space) {
            start = UTF8Bytes.start(before: start, in: text, from: range.lowerBound)
          }
          start = max(start, done)
          // All of it is white space that the token before has taken.
          if start >= end { continue }
        }
        if token.rightStrip {
          let first = end
          if reached.contains(end) { end = reached.upperBound }
          while end < range.upperBound, scalar(at: end, in: text, range).contains(.space) {
            end += UTF8Bytes.scalar(in: text, at: end, to: range.upperBound).length
          }
          reached = first..<end
        }
      }
      if done < start, !part(done..<start, nil) { return }
      if !part(start..<end, match.value) { return }
      done = end
    }
    if done < range.upperBound { _ = part(done..<range.upperBound, nil) }
  }

  private func scalar(
    at index: Int, in text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
  ) -> ScalarProperties {
    let value = UTF8Bytes.scalar(in: text, at: index, to: range.upperBound).value
    return ScalarTable.shared.properties(of: value)
  }

  private func scalar(
    before index: Int, in text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
  ) -> ScalarProperties {
    let start = UTF8Bytes.start(before: index, in: text, from: range.lowerBound)
    return scalar(at: start, in: text, range)
  }
}

/// What outlives a text, so that the next one allocates nothing.
struct TextScratch: Sendable {
  var words = WordScratch()
  var normalization = NormalizationState()
  var normalized = NormalizedText()
  var otherNormalized = NormalizedText()
}
