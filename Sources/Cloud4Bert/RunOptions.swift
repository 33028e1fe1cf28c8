package import Tensors

/// What every task may be told: how texts are cut, and how they are run. Each task's own `Options` say
/// what their parts mean.
package protocol RunOptions {
  var maxLength: Int? { get set }
  var threads: Int? { get set }
  var batchTokens: Int { get set }
  var precision: Precision? { get set }
  var products: Products? { get set }
}

extension TextClassifier.Options: RunOptions {}
extension FeatureExtractor.Options: RunOptions {}
extension FillMask.Options: RunOptions {}
extension NextSentence.Options: RunOptions {}
extension ZeroShotClassifier.Options: RunOptions {}

extension RunOptions {
  /// Checks what needs no model to be checked.
  ///
  /// - Throws: ``ClassifierError/wrongOption(_:value:expected:)``
  func checkRun() throws(ClassifierError) {
    let allowed = ThreadBudget.allowed
    if let threads, !allowed.contains(threads) {
      throw .wrongOption(
        "threads", value: "\(threads)",
        expected: "\(allowed.lowerBound) to \(allowed.upperBound), or nil for one a core")
    }
    guard batchTokens > 0 else {
      throw .wrongOption("batchTokens", value: "\(batchTokens)", expected: "1 or more")
    }
    let precision = precision ?? .automatic
    if products == .blas, precision != .float32 {
      throw .wrongOption(
        "products", value: "blas",
        expected: "engine or nil, as BLAS has no products in \(precision); or float32 with blas")
    }
  }

  /// How they have linear layers made.
  var layers: LinearOptions {
    LinearOptions(
      precision: precision ?? .automatic, products: products ?? .automatic,
      threads: threads ?? ThreadBudget.current.threads)
  }

  /// The code that computes the products that they ask for.
  package var productKernel: String {
    let precision = precision ?? .automatic
    return precision == .float32 ? (products ?? .automatic).kernel : precision.kernel
  }
}
