import Foundation
import Tensors
import TestSupport
import Testing

@testable import Training

/// What scikit-learn fits; `Scripts/fixtures/logistic_regression.py` writes it.
struct ScikitLearn: Decodable {
  struct Case: Decodable {
    let name: String
    let c: Double
    let vectors: [[Float]]
    let classes: [Int]
    let coefficients: [[Double]]
    let intercepts: [Double]
    let probabilities: [[Double]]
  }

  struct Scores: Decodable {
    let actual: [Int]
    let predicted: [Int]
    let accuracy: Double
    let weightedF1: Double
  }

  let cases: [Case]
  let scores: Scores

  static let reference = Result {
    try JSONDecoder().decode(
      ScikitLearn.self,
      from: Data(contentsOf: fixturesFolder.appending(path: "logistic-regression/cases.json")))
  }
}

@Suite struct LogisticRegressionTests {
  @Test func fitsWhatScikitLearnFits() throws {
    let cases = try ScikitLearn.reference.get().cases
    #expect(cases.count > 5)
    for entry in cases {
      let classCount = entry.classes.max()! + 1
      let data = LabelledFeatures(entry.vectors, classes: entry.classes, classCount: classCount)
      let model = LogisticRegression(fitting: data, c: entry.c)
      #expect(model.hasConverged, "\(entry.name)")
      #expect(model.iterations < 30)
      for text in 0..<5 {
        for (ours, theirs) in zip(model.probabilities(data).row(text), entry.probabilities[text]) {
          #expect(abs(ours - theirs) < 1e-4, "\(entry.name)")
        }
      }
      // For two classes scikit-learn gives the difference of the two rows.
      let isBinary = classCount == 2
      for (label, row) in entry.coefficients.enumerated() {
        for (feature, theirs) in row.enumerated() {
          let ours =
            isBinary
            ? model.weights[1, feature] - model.weights[0, feature] : model.weights[label, feature]
          #expect(abs(ours - theirs) < 1e-3, "\(entry.name)")
        }
        let ours = isBinary ? model.intercepts[1] - model.intercepts[0] : model.intercepts[label]
        // Alike up to a constant, which changes no probability.
        let mean = isBinary ? 0 : entry.intercepts.reduce(0, +) / Double(classCount)
        #expect(abs(ours - entry.intercepts[label] + mean) < 1e-2, "\(entry.name)")
      }
    }
  }

  @Test func aStartChangesNothing() throws {
    let entry = try ScikitLearn.reference.get().cases[0]
    let data = LabelledFeatures(entry.vectors, classes: entry.classes, classCount: 3)
    let strong = LogisticRegression(fitting: data, c: 0.01)
    let cold = LogisticRegression(fitting: data, c: 1)
    let warm = LogisticRegression(fitting: data, c: 1, startingFrom: strong)
    for (a, b) in zip(cold.weights.elements, warm.weights.elements) { #expect(abs(a - b) < 1e-5) }
  }

  @Test func leavesOutWhatIsHeldOut() throws {
    let entry = try ScikitLearn.reference.get().cases[0]
    let data = LabelledFeatures(entry.vectors, classes: entry.classes, classCount: 3)
    let included = entry.classes.indices.map { $0 % 4 != 0 }
    let masked = LogisticRegression(fitting: data, c: 1, including: included)
    let kept = entry.classes.indices.filter { included[$0] }
    let alone = LogisticRegression(
      fitting: LabelledFeatures(
        kept.map { entry.vectors[$0] }, classes: kept.map { entry.classes[$0] }, classCount: 3),
      c: 1)
    for (a, b) in zip(masked.weights.elements, alone.weights.elements) {
      #expect(abs(a - b) < 1e-5)
    }
    for (a, b) in zip(masked.intercepts, alone.intercepts) { #expect(abs(a - b) < 1e-5) }
  }

  /// Its own weights and intercepts say what the probabilities are, whatever else is judged with a text.
  @Test func judgesTextsThatItWasNotFittedOn() throws {
    let entry = try ScikitLearn.reference.get().cases[0]
    let data = LabelledFeatures(entry.vectors, classes: entry.classes, classCount: 3)
    let model = LogisticRegression(fitting: data, c: entry.c)
    for count in [1, 4] {
      let others = entry.vectors.prefix(count).map { $0.map { $0 * 0.5 + 3 } }
      let probabilities = model.probabilities(
        LabelledFeatures(others, classes: [Int](repeating: 0, count: count), classCount: 3))
      for (text, vector) in others.enumerated() {
        let scores = (0..<3).map { label in
          exp(
            model.intercepts[label]
              + zip(vector, model.weights.row(label)).reduce(0) { $0 + Double($1.0) * $1.1 })
        }
        for label in 0..<3 {
          let expected = scores[label] / scores.reduce(0, +)
          #expect(abs(probabilities[text, label] - expected) < 1e-9)
        }
      }
    }
    // Where they are those of the fit, scikit-learn's.
    let first = model.probabilities(
      LabelledFeatures([entry.vectors[0]], classes: [0], classCount: 3))
    for (ours, theirs) in zip(first.row(0), entry.probabilities[0]) {
      #expect(abs(ours - theirs) < 1e-4)
    }
  }

  @Test func aClassThatIsNowhereHasNoChance() {
    let data = LabelledFeatures([[0], [1], [2], [3]], classes: [0, 0, 2, 2], classCount: 3)
    let model = LogisticRegression(fitting: data, c: 1)
    for text in 0..<4 { #expect(model.probabilities(data)[text, 1] == 0) }
    let one = LogisticRegression(fitting: data, c: 1, including: [true, true, false, false])
    #expect(Array(one.probabilities(data).row(3)) == [1, 0, 0])
  }
}

@Suite struct CrossValidationTests {
  @Test func scoresAsScikitLearnDoes() throws {
    let scores = try ScikitLearn.reference.get().scores
    #expect(
      abs(CrossValidation.accuracy(scores.predicted, scores.actual) - scores.accuracy) < 1e-12)
    #expect(
      abs(
        CrossValidation.weightedF1(scores.predicted, scores.actual, classCount: 5)
          - scores.weightedF1) < 1e-12)
  }

  @Test func foldsAreAlikeAndStratified() {
    let classes = (0..<103).map { $0 % 10 < 6 ? 0 : $0 % 10 < 9 ? 1 : 2 }
    let data = LabelledFeatures(classes.map { [Float($0)] }, classes: classes, classCount: 3)
    let folds = CrossValidation(data, folds: 4).folds
    for label in 0..<3 {
      let counts = (0..<4).map { fold in
        classes.indices.count { classes[$0] == label && folds[$0] == fold }
      }
      #expect(counts.max()! - counts.min()! <= 1)
    }
    #expect(folds == CrossValidation(data, folds: 4).folds)
  }

  @Test func choosesARegularisationThatGeneralises() async throws {
    let entry = try ScikitLearn.reference.get().cases.first { $0.name.hasSuffix("strong") }!
    let data = LabelledFeatures(entry.vectors, classes: entry.classes, classCount: 3)
    let scores = try await CrossValidation(data, folds: 5).scores(
      of: CrossValidation.candidates, threads: 2)
    let best = CrossValidation.best(scores)
    #expect(scores.count > 4)
    #expect(best.c > scores[0].c)
    #expect(best.accuracy > 0.6)
    #expect(best.logLoss < scores[0].logLoss)
  }
}
