/// How linear layers are made of stored weights.
public struct LinearOptions: Sendable {
  /// What products are computed in.
  public let precision: Precision
  /// What computes those of single precision.
  public let products: Products
  /// Packs weights of lower precisions.
  let team: Team?

  /// - Parameters:
  ///   - precision: What the products are computed in.
  ///   - products: What multiplies in single precision.
  ///   - threads: On how many threads weights are packed, the caller's included.
  public init(
    precision: Precision = .float32, products: Products = .automatic, threads: Int = 1
  ) {
    self.precision = precision
    self.products = products
    // In single precision weights are used as they lie, or packed by the first passes.
    team = precision == .float32 ? nil : Team(size: threads)
  }
}
