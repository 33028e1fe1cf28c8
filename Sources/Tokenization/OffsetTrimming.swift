/// Leaves the white space that byte-level tokens begin and end with out of their offsets
/// (`trim_offsets` of Hugging Face `tokenizers`).
struct OffsetTrimming: Sendable {
  /// Whether a space that a sequence's first token begins with is taken for one that was added.
  let addsPrefixSpace: Bool

  /// - Parameters:
  ///   - range: The tokens of a sequence.
  ///   - spaces: How much white space a token of an id, and these bytes of the text, begins and ends
  ///     with.
  func trim(
    _ range: Range<Int>, of text: UnsafeBufferPointer<UInt8>, _ words: inout WordScratch,
    spaces: (Int32, Slice<UnsafeBufferPointer<UInt8>>) -> (leading: Int, trailing: Int)
  ) {
    for index in range {
      var (leading, trailing) = spaces(words.ids[index], text[words.offsets[index]])
      if leading == 0, trailing == 0 { continue }
      var (start, end) = (words.offsets[index].lowerBound, words.offsets[index].upperBound)
      if leading > 0, addsPrefixSpace, index == range.lowerBound || start == 0 { leading -= 1 }
      while leading > 0, start < end {
        start += UTF8Bytes.scalar(in: text, at: start, to: end).length
        leading -= 1
      }
      // As in the reference: nothing where the token ends before as many characters.
      while trailing > 0, end > start {
        end = UTF8Bytes.start(before: end, in: text, from: start)
        trailing -= 1
      }
      words.offsets[index] = start..<end
    }
  }
}
