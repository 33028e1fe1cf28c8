import Foundation
import Tensors
import TestSupport
import Testing

@testable import Training

/// The whole loss of a batch against torch, in one part and in several.
@Suite struct WholeDistillationLossTests {
  private struct Losses: Decodable {
    let objective: Objective
  }

  private struct Objective: Decodable {
    let temperature: Double
    let weights: [String: Double]
    let student: [[Float]]
    let teacher: [[Float]]
    let states: [[Float]]
    let teacherStates: [[Float]]
    let labels: [Int]
    let loss: Double
    let parts: [String: Double]
    let logitsGradient: [[Double]]
    let statesGradient: [[Double]]

    enum CodingKeys: String, CodingKey {
      case temperature, weights, student, teacher, states, labels, loss, parts
      case teacherStates = "teacher_states"
      case logitsGradient = "logits_gradient"
      case statesGradient = "states_gradient"
    }
  }

  private let expected: Objective

  init() throws {
    let file = fixturesFolder.appending(path: "distillation/losses.json")
    expected = try JSONDecoder().decode(Losses.self, from: Data(contentsOf: file)).objective
  }

  private func loss(_ change: (inout DistillationSettings) -> Void = { _ in }) throws
    -> DistillationLoss
  {
    var settings = DistillationSettings()
    settings.temperature = expected.temperature
    settings.distillationWeight = try #require(expected.weights["distillation"])
    settings.taskWeight = try #require(expected.weights["task"])
    settings.cosineWeight = try #require(expected.weights["cosine"])
    change(&settings)
    return DistillationLoss(
      settings: settings,
      counts: .init(
        rows: expected.student.count, labels: expected.labels.count { $0 >= 0 },
        tokens: expected.states.count))
  }

  private var labels: [Int?] { expected.labels.map { $0 >= 0 ? $0 : nil } }

  private func largestDifference(_ matrix: Matrix, _ expected: [[Double]]) -> Double {
    expected.indices.reduce(0) { largest, row in
      expected[row].indices.reduce(largest) {
        max($0, abs(Double(matrix[row, $1]) - expected[row][$1]))
      }
    }
  }

  @Test(
    arguments: [[0, 5], [0, 2, 5], [0, 1, 2, 3, 4, 5]], [[0, 17], [0, 16, 17], [0, 5, 6, 17]])
  func aBatchCostsWhatTorchSays(_ cuts: [Int], _ tokenCuts: [Int]) throws {
    let loss = try loss()
    let (student, teacher) = (Matrix(expected.student), Matrix(expected.teacher))
    let (states, teacherStates) = (Matrix(expected.states), Matrix(expected.teacherStates))
    let gradient = Matrix(rows: student.rows, columns: student.columns)
    let stateGradient = Matrix(rows: states.rows, columns: states.columns)
    var parts = DistillationLoss.Parts()
    for (start, end) in zip(cuts, cuts.dropFirst()) {
      parts += loss.logits(
        student: student.rows(start..<end), teacher: teacher.rows(start..<end),
        labels: labels[start..<end], gradient: gradient.rows(start..<end),
        workspace: Workspace())
    }
    for (start, end) in zip(tokenCuts, tokenCuts.dropFirst()) {
      parts += loss.states(
        student: states.rows(start..<end), teacher: teacherStates.rows(start..<end),
        gradient: stateGradient.rows(start..<end))
    }
    #expect(abs(loss.total(parts) - expected.loss) < 1e-5)
    for (name, part) in [
      ("distillation", parts.distillation), ("task", parts.task), ("cosine", parts.cosine),
    ] {
      #expect(try abs(part - #require(expected.parts[name])) < 1e-6, "\(name)")
    }
    #expect(largestDifference(gradient, expected.logitsGradient) < 1e-6)
    #expect(largestDifference(stateGradient, expected.statesGradient) < 1e-6)
  }

  @Test func aPartWithoutWeightIsNotComputed() throws {
    let student = Matrix(expected.student)
    let gradient = Matrix(rows: student.rows, columns: student.columns)
    let unreadable = Matrix(expected.student.map { $0.map { _ in .nan } })
    let parts = try loss { $0.distillationWeight = 0 }.logits(
      student: student, teacher: unreadable, labels: labels, gradient: gradient,
      workspace: Workspace())
    #expect(parts.distillation == 0)
    #expect(try abs(parts.task - #require(expected.parts["task"])) < 1e-6)
    let others = try loss {
      $0.taskWeight = 0
      $0.cosineWeight = 0
    }
    #expect(
      others.logits(
        student: student, teacher: Matrix(expected.teacher), labels: labels, gradient: gradient,
        workspace: Workspace()
      ).task == 0)
    #expect(
      others.states(student: unreadable, teacher: unreadable, gradient: gradient).cosine == 0)
  }

  @Test func noLabelsAreNoLoss() throws {
    let student = Matrix(expected.student)
    let gradient = Matrix(rows: student.rows, columns: student.columns)
    var loss = try loss { $0.distillationWeight = 0 }
    loss = DistillationLoss(settings: loss.settings, counts: .init(rows: 5))
    let parts = loss.logits(
      student: student, teacher: student, labels: [Int?](repeating: nil, count: 5),
      gradient: gradient, workspace: Workspace())
    #expect(loss.total(parts) == 0)
    #expect(largestDifference(gradient, expected.student.map { $0.map { _ in 0 } }) == 0)
  }
}
