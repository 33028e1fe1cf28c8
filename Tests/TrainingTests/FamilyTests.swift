import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing
import Transformers

@testable import Training

/// What training, saving, opening and students make of every family's description.
@Suite struct FamilyTests {
  static let modelTypes = ModelFamily.all.map(\.modelType)

  private func configuration(_ modelType: String) throws -> ModelConfiguration {
    var configuration = ModelConfiguration(
      published: try #require(ModelFamily(modelType: modelType)))
    configuration.vocabularySize = 20
    configuration.hiddenSize = 16
    configuration.layerCount = 2
    configuration.headCount = 2
    configuration.intermediateSize = 24
    configuration.maxPositionEmbeddings = 12
    configuration.labels = ["a", "b", "c"]
    // Wide enough for errors to show.
    configuration.initializerRange = 0.3
    return configuration
  }

  private let batch = PackedBatch([[2, 7, 9, 3], [2, 5, 3], [2, 11, 12, 13, 14, 15, 3]])

  /// The parameters as a model folder has them.
  private func weights(of model: TrainableModel, in folder: TemporaryFolder) throws -> NamedWeights
  {
    let file = folder.url.appending(path: "model.safetensors")
    try? FileManager.default.removeItem(at: file)
    try SafetensorsWriter.write(model.parameters.tensors(), to: file.path)
    return try NamedWeights(
      Checkpoint(folder: folder.url), configuration: model.configuration)
  }

  @Test(arguments: modelTypes)
  func aTrainedClassifierIsOpened(_ modelType: String) throws {
    let folder = try TemporaryFolder()
    let model = TrainableModel(
      try configuration(modelType), head: .sequenceClassification, seed: 1)
    var weights = try weights(of: model, in: folder)
    let opened = try SequenceClassificationModel(&weights, configuration: model.configuration)
    try weights.checkAllUsed()
    let pass = TrainingPass()
    let trained = try model.forward(batch, in: pass).logits
    let logits = try opened.logits(batch, workspace: Workspace())
    for row in 0..<batch.sequenceCount {
      #expect(largestDifference(trained.row(row), logits.row(row)) < 1e-5)
    }
    #expect(logits.row(0) != logits.row(1))
  }

  @Test(arguments: modelTypes, [true, false])
  func aTrainedMaskedLanguageModelIsOpened(_ modelType: String, isTied: Bool) throws {
    let folder = try TemporaryFolder()
    var configuration = try configuration(modelType)
    configuration.tieWordEmbeddings = isTied
    let model = TrainableModel(configuration, head: .maskedLM, seed: 2)
    var weights = try weights(of: model, in: folder)
    let opened = try MaskedLMModel(&weights, configuration: model.configuration)
    try weights.checkAllUsed()
    let tokens = [1, 4, 9]
    let pass = TrainingPass()
    let trained = try model.forward(batch, maskedTokens: tokens, in: pass).logits
    try opened.logits(batch, of: tokens, workspace: Workspace()) { range, logits in
      for row in range {
        #expect(largestDifference(trained.row(row), logits.row(row - range.lowerBound)) < 1e-5)
      }
    }
  }

  /// With all layers, a student of the same family is its teacher.
  @Test(arguments: modelTypes)
  func aStudentBeginsAsItsTeacher(_ modelType: String) throws {
    let folder = try TemporaryFolder()
    let teacher = TrainableModel(
      try configuration(modelType), head: .sequenceClassification, seed: 3)
    let initialization = StudentInitialization(
      teacher: teacher.configuration, weights: try weights(of: teacher, in: folder),
      layers: [0, 1])
    let student = try TrainableModel(
      initialization.configuration, head: .sequenceClassification, values: initialization.values)
    #expect(student.newTensors == [])
    #expect(student.configuration.family == teacher.configuration.family.student)
    let (teacherPass, pass) = (TrainingPass(), TrainingPass())
    let expected = try teacher.forward(batch, wantsHiddenStates: true, in: teacherPass)
    let given = try student.forward(batch, wantsHiddenStates: true, in: pass)
    let (states, expectedStates) = (given.hiddenStates!, expected.hiddenStates!)
    for row in 0..<batch.tokenCount {
      #expect(largestDifference(states.row(row), expectedStates.row(row)) < 1e-5)
    }
    guard student.configuration.family == teacher.configuration.family else { return }
    for row in 0..<batch.sequenceCount {
      #expect(largestDifference(given.logits.row(row), expected.logits.row(row)) < 1e-5)
    }
  }
}
