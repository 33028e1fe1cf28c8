/// From many rows, one a token, to one.
extension Matrix {
  /// Row `index` of this matrix becomes the mean of some rows of `other`, at least one.
  public func setRow(_ index: Int, toMeanOf range: Range<Int>, in other: Matrix) {
    reduce(range, of: other, into: index) { $0 + $1 }
    let scale = 1 / Float(range.count)
    let row = base + index * stride
    for column in 0..<columns { row[column] *= scale }
  }

  /// Row `index` of this matrix becomes the largest element in each column of some rows of `other`, at
  /// least one.
  public func setRow(_ index: Int, toMaximumOf range: Range<Int>, in other: Matrix) {
    reduce(range, of: other, into: index) { $1 > $0 ? $1 : $0 }
  }

  /// Row `index` of this matrix becomes the sum of some rows of `other`, at least one, over the root of
  /// their number.
  public func setRow(_ index: Int, toMeanBySquareRootOf range: Range<Int>, in other: Matrix) {
    reduce(range, of: other, into: index) { $0 + $1 }
    let scale = 1 / Float(range.count).squareRoot()
    let row = base + index * stride
    for column in 0..<columns { row[column] *= scale }
  }

  /// Row `index` of this matrix becomes the mean of some rows of `other`, at least one, each by its
  /// weight: `first` for the first one, and 1 more for each that follows.
  public func setRow(
    _ index: Int, toMeanOf range: Range<Int>, in other: Matrix, weightsFrom first: Int
  ) {
    checkReduction(range, of: other, into: index)
    let target = base + index * stride
    target.update(repeating: 0, count: columns)
    var sum: Float = 0
    for (position, row) in range.enumerated() {
      let weight = Float(first + position)
      sum += weight
      let source = other.base + row * other.stride
      for column in 0..<columns { target[column] += weight * source[column] }
    }
    for column in 0..<columns { target[column] /= sum }
  }

  /// Fills row `index`.
  public func setRow(_ index: Int, to value: Float) {
    precondition(index >= 0 && index < rows, "outside the matrix")
    (base + index * stride).update(repeating: value, count: columns)
  }

  /// Adds another matrix of this shape, each of its elements times `factor`.
  public func add(_ other: Matrix, times factor: Float = 1) {
    precondition(other.rows == rows && other.columns == columns, "a matrix of another shape")
    for index in 0..<rows {
      let (target, source) = (base + index * stride, other.base + index * other.stride)
      for column in 0..<columns { target[column] += factor * source[column] }
    }
  }

  /// Makes each element `factor` times as large.
  public func scale(by factor: Float) {
    for index in 0..<rows {
      let row = base + index * stride
      for column in 0..<columns { row[column] *= factor }
    }
  }

  private func checkReduction(_ range: Range<Int>, of other: Matrix, into index: Int) {
    precondition(
      index >= 0 && index < rows && !range.isEmpty && range.lowerBound >= 0
        && range.upperBound <= other.rows && columns == other.columns,
      "outside the matrix")
  }

  @inline(__always)
  private func reduce(
    _ range: Range<Int>, of other: Matrix, into index: Int, _ combine: (Float, Float) -> Float
  ) {
    checkReduction(range, of: other, into: index)
    copyRow(range.lowerBound, of: other, to: index)
    let target = base + index * stride
    for row in range.dropFirst() {
      let source = other.base + row * other.stride
      for column in 0..<columns { target[column] = combine(target[column], source[column]) }
    }
  }

  /// Scales each row to the Euclidean length 1; a row of zeros stays
  /// ([torch.nn.functional.normalize]).
  ///
  /// [torch.nn.functional.normalize]: https://pytorch.org/docs/stable/generated/torch.nn.functional.normalize.html
  public func normalizeRows() {
    for index in 0..<rows {
      let row = base + index * stride
      var squares = 0.0
      for column in 0..<columns { squares += Double(row[column]) * Double(row[column]) }
      let scale = Float(1 / max(squares.squareRoot(), 1e-12))
      for column in 0..<columns { row[column] *= scale }
    }
  }

  /// All elements of some rows, row by row, copied.
  public func elements(ofRows range: Range<Int>) -> [Float] {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows outside the matrix")
    return [Float](unsafeUninitializedCapacity: range.count * columns) { buffer, count in
      for (index, row) in range.enumerated() {
        (buffer.baseAddress! + index * columns).initialize(
          from: base + row * stride, count: columns)
      }
      count = buffer.count
    }
  }
}
