public import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A linear classifier with softmax: what scikit-learn's [LogisticRegression] fits.
///
/// It minimises `‖W‖² / 2 + C Σ loss`, where the loss of a text is the cross entropy of
/// `softmax(W x + b)`; the intercept `b` is not penalised. With two classes scikit-learn fits the
/// difference of the two rows of `W` alone, and so does this.
///
/// [LogisticRegression]: https://scikit-learn.org/stable/modules/generated/sklearn.linear_model.LogisticRegression.html
public struct LogisticRegression: Sendable {
  /// `W`, [classes, size]. The rows add up to 0.
  public let weights: DoubleMatrix
  /// `b`, [classes]; they add up to 0. Minus infinity for a class that had no text.
  public let intercepts: [Double]
  /// Newton's steps that were taken.
  public let iterations: Int
  /// Whether the fit is as exact as was asked for.
  public let hasConverged: Bool

  /// The coefficients in the basis of the solver, for the next fit to start from.
  let coefficients: DoubleMatrix
  private let presentClasses: [Int]
  /// What the coefficients' intercepts are relative to: the mean of the vectors of the fit.
  private let mean: [Double]

  /// Fits by Newton's method.
  ///
  /// Rows of `W` that add up to 0 are all there is to find, so the unknowns are their coordinates `V`,
  /// [classes - 1, size + 1], in an orthonormal basis. Each Newton step is solved by conjugate
  /// gradients; the preconditioner is the Cholesky factor of the Hessian with each text's coupling of
  /// classes replaced by a multiple of the identity with the same trace. For two classes that is the
  /// Hessian itself, and one iteration the exact solution; for more it takes a few. Memory grows with
  /// the square of the size and not with the classes.
  ///
  /// - Parameters:
  ///   - data: The features and the classes.
  ///   - c: `C` above, positive: the larger, the less regularisation.
  ///   - included: Which texts count, all without it.
  ///   - start: A fit on the same texts, such as with another `C`.
  ///   - tolerance: How far from the smallest objective the last step may begin.
  public init(
    fitting data: LabelledFeatures, c: Double, including included: [Bool]? = nil,
    startingFrom start: LogisticRegression? = nil, tolerance: Double = 1e-10
  ) {
    precondition(c > 0 && c.isFinite, "a positive C")
    let problem = Problem(data, c: c, included: included)
    var coefficients = DoubleMatrix(rows: problem.dimensions, columns: data.size + 1)
    if let start, start.presentClasses == problem.presentClasses {
      coefficients = start.coefficients
    }
    (iterations, hasConverged) = problem.minimize(&coefficients, tolerance: tolerance)
    self.coefficients = coefficients
    presentClasses = problem.presentClasses
    mean = data.mean

    var weights = DoubleMatrix(rows: data.classCount, columns: data.size)
    var intercepts = [Double](repeating: -.infinity, count: data.classCount)
    let rows = problem.basis.times(coefficients)  // [present classes, size + 1]
    for (index, label) in problem.presentClasses.enumerated() {
      var intercept = rows[index, data.size]
      for feature in 0..<data.size {
        weights[label, feature] = rows[index, feature]
        intercept -= rows[index, feature] * data.mean[feature]
      }
      intercepts[label] = intercept
    }
    self.weights = weights
    self.intercepts = intercepts
  }

  /// Probabilities of the classes for every text of `data`, [texts, classes]: those of the fit, or others.
  public func probabilities(_ data: LabelledFeatures) -> DoubleMatrix {
    precondition(data.size == mean.count, "vectors as long as those of the fit")
    let problem = Problem(presentClasses: presentClasses, data)
    // The vectors of `data` are relative to a mean of their own.
    var coefficients = coefficients
    for row in 0..<coefficients.rows {
      for feature in 0..<data.size {
        coefficients[row, data.size] +=
          coefficients[row, feature] * (data.mean[feature] - mean[feature])
      }
    }
    let present = problem.probabilities(coefficients)
    var all = DoubleMatrix(rows: data.count, columns: data.classCount)
    for row in 0..<data.count {
      for (index, label) in presentClasses.enumerated() { all[row, label] = present[row, index] }
    }
    return all
  }
}

/// The objective and its derivatives, over the classes that occur.
private struct Problem {
  let data: LabelledFeatures
  let presentClasses: [Int]
  /// [present classes, dimensions]: orthonormal columns, each of which adds up to 0 (Helmert's).
  let basis: DoubleMatrix
  /// 1 for a text that counts, else 0.
  private let isIncluded: [Double]
  /// The place of each text's class among those that occur; nil where it does not count.
  private let targets: [Int?]
  private let penalty: Double

  init(_ data: LabelledFeatures, c: Double, included: [Bool]?) {
    var occurs = [Bool](repeating: false, count: data.classCount)
    for (text, label) in data.classes.enumerated() where included?[text] ?? true {
      occurs[label] = true
    }
    let present = occurs.indices.filter { occurs[$0] }
    self.init(presentClasses: present, data, c: c, included: included)
  }

  init(presentClasses: [Int], _ data: LabelledFeatures, c: Double = 1, included: [Bool]? = nil) {
    self.data = data
    self.presentClasses = presentClasses
    isIncluded = (0..<data.count).map { included?[$0] ?? true ? 1 : 0 }
    var place = [Int?](repeating: nil, count: data.classCount)
    for (index, label) in presentClasses.enumerated() { place[label] = index }
    targets = data.classes.enumerated().map { included?[$0] ?? true ? place[$1] : nil }
    // Half the difference of two rows has a quarter of its square in each of them.
    penalty = (presentClasses.count == 2 ? 2 : 1) / c
    var basis = DoubleMatrix(rows: presentClasses.count, columns: max(0, presentClasses.count - 1))
    for column in 0..<basis.columns {
      let scale = 1 / Double((column + 1) * (column + 2)).squareRoot()
      for row in 0...column { basis[row, column] = scale }
      basis[column + 1, column] = -scale * Double(column + 1)
    }
    self.basis = basis
  }

  var dimensions: Int { basis.columns }

  /// Replaces `v` by the minimum, to within `tolerance` of the objective.
  func minimize(_ v: inout DoubleMatrix, tolerance: Double) -> (iterations: Int, converged: Bool) {
    guard dimensions > 0 else { return (0, true) }
    var (objective, probabilities) = evaluate(v)
    for iteration in 1...100 {
      let gradient = gradient(v, probabilities)
      guard let step = newtonStep(gradient, probabilities) else { return (iteration, false) }
      let decrement = dot(gradient, step)
      if decrement <= 0 { return (iteration, true) }
      // Halved until it is as much of a descent as it should be (Armijo, 1966).
      var length = 1.0
      while true {
        var candidate = v
        add(-length, step, to: &candidate)
        let (value, at) = evaluate(candidate)
        if value <= objective - 1e-4 * length * decrement {
          (v, objective, probabilities) = (candidate, value, at)
          break
        }
        length /= 2
        // No more can be had in double precision.
        if length < 1e-6 { return (iteration, decrement < 1e-8 * (1 + abs(objective))) }
      }
      if decrement / 2 <= tolerance { return (iteration, true) }
    }
    return (100, false)
  }

  /// Softmax of the logits, [texts, present classes].
  func probabilities(_ v: DoubleMatrix) -> DoubleMatrix {
    var logits = data.centred.times(v, otherTransposed: true).times(basis, otherTransposed: true)
    let count = logits.columns
    logits.elements.withUnsafeMutableBufferPointer { values in
      for start in stride(from: 0, to: values.count, by: max(1, count)) {
        var largest = -Double.infinity
        for i in start..<start + count { largest = max(largest, values[i]) }
        var sum = 0.0
        for i in start..<start + count {
          values[i] = exp(values[i] - largest)
          sum += values[i]
        }
        for i in start..<start + count { values[i] /= sum }
      }
    }
    return logits
  }

  /// The objective over `C`: the losses' sum and the penalty.
  private func evaluate(_ v: DoubleMatrix) -> (Double, DoubleMatrix) {
    let probabilities = probabilities(v)
    var value = 0.0
    for (text, target) in targets.enumerated() {
      // A probability that underflows makes the step too long, and no number.
      if let target { value -= log(max(probabilities[text, target], 1e-300)) }
    }
    var squares = 0.0
    forEachWeight(v) { squares += v.elements[$0] * v.elements[$0] }
    return (value + penalty / 2 * squares, probabilities)
  }

  private func gradient(_ v: DoubleMatrix, _ probabilities: DoubleMatrix) -> DoubleMatrix {
    var residuals = probabilities
    let count = residuals.columns
    for (text, target) in targets.enumerated() {
      if let target {
        residuals.elements[text * count + target] -= 1
      } else {
        for label in 0..<count { residuals.elements[text * count + label] = 0 }
      }
    }
    var gradient = residuals.times(basis).times(data.centred, transposed: true)
    forEachWeight(v) { gradient.elements[$0] += penalty * v.elements[$0] }
    return gradient
  }

  /// The Hessian times `direction`.
  private func curvature(
    along direction: DoubleMatrix, _ probabilities: DoubleMatrix
  ) -> DoubleMatrix {
    var change = data.centred.times(direction, otherTransposed: true)
      .times(basis, otherTransposed: true)
    let count = change.columns
    change.elements.withUnsafeMutableBufferPointer { change in
      probabilities.elements.withUnsafeBufferPointer { probabilities in
        for text in 0..<data.count {
          let start = text * count
          var mean = 0.0
          for i in start..<start + count { mean += probabilities[i] * change[i] }
          for i in start..<start + count {
            change[i] = isIncluded[text] * probabilities[i] * (change[i] - mean)
          }
        }
      }
    }
    var result = change.times(basis).times(data.centred, transposed: true)
    forEachWeight(direction) { result.elements[$0] += penalty * direction.elements[$0] }
    return result
  }

  /// The Hessian's inverse times the gradient, by preconditioned conjugate gradients; nil where the
  /// numbers allow no step.
  private func newtonStep(
    _ gradient: DoubleMatrix, _ probabilities: DoubleMatrix
  ) -> DoubleMatrix? {
    guard let solver = preconditioner(probabilities) else { return nil }
    var step = DoubleMatrix(rows: gradient.rows, columns: gradient.columns)
    var residual = gradient
    var preconditioned = solver.solve(residual)
    var direction = preconditioned
    var size = dot(residual, preconditioned)
    let goal = size * 1e-6
    for _ in 0..<200 where size > goal {
      let curved = curvature(along: direction, probabilities)
      let length = size / dot(direction, curved)
      guard length.isFinite else { return nil }
      add(length, direction, to: &step)
      add(-length, curved, to: &residual)
      preconditioned = solver.solve(residual)
      let next = dot(residual, preconditioned)
      var turned = preconditioned
      add(next / size, direction, to: &turned)
      direction = turned
      size = next
    }
    return step
  }

  private func preconditioner(_ probabilities: DoubleMatrix) -> CholeskySolver? {
    let count = probabilities.columns
    let weights = (0..<data.count).map { text -> Double in
      var squares = 0.0
      for i in text * count..<(text + 1) * count {
        squares += probabilities.elements[i] * probabilities.elements[i]
      }
      return isIncluded[text] * max(0, 1 - squares) / Double(dimensions)
    }
    var hessian = data.centred.weightedGram(weights)
    for feature in 0..<data.size { hessian[feature, feature] += penalty }
    // Where every text is certain, nothing else would hold the intercept.
    hessian[data.size, data.size] += 1e-9 * Double(data.count)
    return CholeskySolver(hessian)
  }

  /// The places of all coefficients but the intercepts'.
  private func forEachWeight(_ matrix: DoubleMatrix, _ body: (Int) -> Void) {
    for row in 0..<matrix.rows {
      for column in 0..<matrix.columns - 1 { body(row * matrix.columns + column) }
    }
  }
}

private func dot(_ a: DoubleMatrix, _ b: DoubleMatrix) -> Double {
  var sum = 0.0
  for index in a.elements.indices { sum += a.elements[index] * b.elements[index] }
  return sum
}

private func add(_ factor: Double, _ a: DoubleMatrix, to b: inout DoubleMatrix) {
  for index in a.elements.indices { b.elements[index] += factor * a.elements[index] }
}
