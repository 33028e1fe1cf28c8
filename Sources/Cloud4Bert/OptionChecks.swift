import Checkpoints
import Files
import Inference
import Tensors
import Tokenization
import Transformers

/// What any task may be told of threads and batches.
enum RunLimits {
  /// - Throws: ``ClassifierError/wrongOption(_:value:expected:)``
  static func check(threads: Int?, batchTokens: Int) throws(ClassifierError) {
    let allowed = ThreadBudget.allowed
    if let threads, !allowed.contains(threads) {
      throw .wrongOption(
        "threads", value: "\(threads)",
        expected: "\(allowed.lowerBound) to \(allowed.upperBound), or nil for one a core")
    }
    guard batchTokens > 0 else {
      throw .wrongOption("batchTokens", value: "\(batchTokens)", expected: "1 or more")
    }
  }
}

extension TextClassifier.Options {
  /// Checks what needs no model to be checked; lengths and strides are, with the model's limits.
  ///
  /// - Throws: ``ClassifierError``
  func check() throws(ClassifierError) {
    try RunLimits.check(threads: threads, batchTokens: batchTokens)
    try Products.check(products, precision: precision)
    // By their bytes, as files hold them.
    var names: Set<[UInt8]> = []
    for name in labels ?? [] {
      guard name.contains(where: { !$0.isWhitespace }) else {
        throw .wrongOption("labels", value: quoted(name), expected: "each label a name")
      }
      guard names.insert(Array(name.utf8)).inserted else { throw .duplicateLabel(name) }
    }
  }

  /// As ``check()``, for tasks whose answers are no labels.
  func checkWithoutLabels() throws(ClassifierError) {
    if let labels {
      throw .wrongOption(
        "labels", value: quotedList(labels), expected: "none: they are for classifiers")
    }
    try check()
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

extension TextClassifier.Options {
  /// How they have linear layers made.
  var layers: LinearOptions { LinearOptions(precision, products, threads: threads) }
}

extension FeatureExtractor.Options {
  /// How they have linear layers made.
  var layers: LinearOptions { LinearOptions(precision, products, threads: threads) }
}

extension LinearOptions {
  /// Nil for what is best on this machine.
  fileprivate init(_ precision: Precision?, _ products: Products?, threads: Int?) {
    self.init(
      precision: precision ?? .automatic, products: products ?? .automatic,
      threads: threads ?? ThreadBudget.current.threads)
  }
}

extension Products {
  /// - Throws: ``ClassifierError/wrongOption(_:value:expected:)``
  static func check(_ products: Products?, precision: Precision?) throws(ClassifierError) {
    let precision = precision ?? .automatic
    guard products == .blas, precision != .float32 else { return }
    throw .wrongOption(
      "products", value: "blas",
      expected: "engine or nil, as BLAS has no products in \(precision); or float32 with blas")
  }
}
