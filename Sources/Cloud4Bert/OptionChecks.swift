import Checkpoints
import Files
import Inference
import Tokenization
import Transformers

extension TextClassifier.Options {
  /// Checks what needs no model to be checked; lengths and strides are, with the model's limits.
  ///
  /// - Throws: ``ClassifierError``
  func check() throws(ClassifierError) {
    try checkRun()
    // By their bytes, as files hold them.
    var names: Set<[UInt8]> = []
    for name in labels ?? [] {
      guard name.contains(where: { !$0.isWhitespace }) else {
        throw .wrongOption("labels", value: quoted(name), expected: "each label a name")
      }
      guard names.insert(Array(name.utf8)).inserted else { throw .duplicateLabel(name) }
    }
  }

  /// The names of a model's labels.
  ///
  /// - Throws: ``ClassifierError/labelCount(given:labels:)``
  func labels(of configuration: ModelConfiguration) throws(ClassifierError) -> [String] {
    guard let labels else { return configuration.labels }
    guard labels.count == configuration.labels.count else {
      throw .labelCount(given: labels.count, labels: configuration.labels)
    }
    return labels
  }

  /// Tokens that windows overlap by; nil where long texts are truncated.
  ///
  /// - Throws: ``ClassifierError/strideOutOfRange(requested:allowed:)``
  func stride(
    maxLength: Int, tokenizer: BertTokenizer
  ) throws(ClassifierError) -> Int? {
    guard case .window(let requested) = overflow else { return nil }
    // At least one token of text, also for a model too short for any: its texts throw.
    let special = tokenizer.numberOfSpecialTokens(pair: false)
    let allowed = 0..<max(1, maxLength - special)
    let stride = requested ?? min(maxLength / 8, allowed.upperBound - 1)
    guard allowed.contains(stride) else {
      throw .strideOutOfRange(requested: stride, allowed: allowed)
    }
    return stride
  }
}

extension ModelFiles {
  /// The longest input, in tokens with special ones: the model's own, or what is asked for instead.
  ///
  /// - Throws: ``ClassifierError/maxLengthOutOfRange(requested:allowed:)``
  func maxLength(_ requested: Int?) throws(ClassifierError) -> Int {
    guard let requested else { return ownMaxLength }
    guard maxLengths.contains(requested) else {
      throw .maxLengthOutOfRange(requested: requested, allowed: maxLengths)
    }
    return requested
  }
}
