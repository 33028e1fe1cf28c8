import Tensors

/// Texts as vectors with a class each: what a classifier is fitted on.
public struct LabelledFeatures: Sendable {
  /// The class of each text, in `0..<classCount`.
  public let classes: [Int]
  public let classCount: Int

  /// The vectors less their mean, which makes the solver's matrices well-behaved, and a column of ones
  /// for the intercept: [texts, size + 1].
  let centred: DoubleMatrix
  /// [size]
  let mean: [Double]

  /// Takes the vectors of texts and their classes.
  ///
  /// - Parameters:
  ///   - vectors: Equally long, one a text.
  ///   - classes: One a text, in `0..<classCount`.
  ///   - classCount: How many classes there are.
  public init(_ vectors: [[Float]], classes: [Int], classCount: Int) {
    precondition(vectors.count == classes.count, "a class for each vector")
    precondition(classes.allSatisfy { (0..<classCount).contains($0) }, "a class outside the count")
    let size = vectors.first?.count ?? 0
    precondition(vectors.allSatisfy { $0.count == size }, "vectors of one length")
    var mean = [Double](repeating: 0, count: size)
    for vector in vectors {
      for (index, number) in vector.enumerated() { mean[index] += Double(number) }
    }
    for index in mean.indices { mean[index] /= Double(max(1, vectors.count)) }
    var centred = DoubleMatrix(rows: vectors.count, columns: size + 1)
    for (row, vector) in vectors.enumerated() {
      let start = row * (size + 1)
      for (index, number) in vector.enumerated() {
        centred.elements[start + index] = Double(number) - mean[index]
      }
      centred.elements[start + size] = 1
    }
    self.classes = classes
    self.classCount = classCount
    self.centred = centred
    self.mean = mean
  }

  public var count: Int { classes.count }
  /// The length of a vector.
  public var size: Int { mean.count }
}
