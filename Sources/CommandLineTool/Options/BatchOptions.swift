import ArgumentParser
import Cloud4Bert
import Tensors

/// `--precision`
enum PrecisionChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, float32, bf16x3, bfloat16, int8

  /// Nil for auto.
  var precision: Precision? {
    switch self {
    case .auto: nil
    case .float32: .float32
    case .bf16x3: .bf16x3
    case .bfloat16: .bfloat16
    case .int8: .int8
    }
  }
}

/// `--products`
enum ProductsChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, blas, engine

  /// Nil for auto.
  var products: Products? {
    switch self {
    case .auto: nil
    case .blas: .blas
    case .engine: .engine
    }
  }
}

/// How texts are cut and worked on side by side, and in what numbers, for the commands that run a model
/// over them.
struct BatchOptions: ParsableArguments {
  @OptionGroup var sizes: BatchSizeOptions

  @Option(
    help: ArgumentHelp(
      "What products are computed in: auto, float32, bf16x3, bfloat16 or int8.",
      discussion: """
        bf16x3 differs from float32 in the fifth digit of a score, bfloat16 in the third or second \
        and takes half the memory, int8 in the second and takes less still; which is the faster, and what \
        auto means, cloud4bert info says.
        """))
  var precision = PrecisionChoice.auto

  @Option(
    help: ArgumentHelp(
      "What multiplies in float32: auto, blas (OpenBLAS) or engine (kernels of our own).",
      discussion: "auto is what is faster on this machine, which cloud4bert info says."))
  var products = ProductsChoice.auto

  func validate() throws {
    try Self.check(products.products, precision.precision)
  }

  /// Before a model is fetched or opened.
  static func check(_ products: Products?, _ precision: Precision?) throws {
    let precision = precision ?? .automatic
    guard products == .blas, precision != .float32 else { return }
    throw ValidationError(
      "--products blas is for float32: BLAS has no products in \(precision); leave --products out, "
        + "or give --precision float32")
  }

  func applied<Options: RunOptions>(to options: Options) -> Options {
    var options = sizes.applied(to: options)
    options.precision = precision.precision
    options.products = products.products
    return options
  }
}
