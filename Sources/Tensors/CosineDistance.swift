extension Matrix {
  /// How far these rows point away from those of `other`: `1 − cos` summed over all rows
  /// (torch.nn.CosineEmbeddingLoss for the target 1). A row of zeros has the cosine 0.
  ///
  /// - Parameters:
  ///   - other: Rows of the same length, as many.
  ///   - scale: What the derivatives are multiplied by.
  ///   - gradient: Of the same shape: `scale` times the derivative by these rows is added to it.
  public func cosineDistance(
    from other: Matrix, scale: Float, addingTo gradient: Matrix
  ) -> Double {
    precondition(
      rows == other.rows && columns == other.columns && rows == gradient.rows
        && columns == gradient.columns, "both matrices and the gradient of one shape")
    var sum = 0.0
    for row in 0..<rows {
      let a = base + row * stride
      let b = other.base + row * other.stride
      let slope = gradient.base + row * gradient.stride
      var (product, squares, otherSquares) = (0.0, 0.0, 0.0)
      for column in 0..<columns {
        let (x, y) = (Double(a[column]), Double(b[column]))
        product += x * y
        squares += x * x
        otherSquares += y * y
      }
      // PyTorch's, so that nothing is divided by 0.
      squares += 1e-12
      otherSquares += 1e-12
      let lengths = (squares * otherSquares).squareRoot()
      let cosine = product / lengths
      sum += 1 - cosine
      let (along, own) = (Float(-1 / lengths) * scale, Float(cosine / squares) * scale)
      for column in 0..<columns { slope[column] += along * b[column] + own * a[column] }
    }
    return sum
  }
}
