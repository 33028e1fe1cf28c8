import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing
import Transformers

/// The heads of pretraining against transformers, from token ids to logits.
@Suite struct HeadTests {
  private func open<Model>(
    _ folder: URL, _ make: (inout NamedWeights, ModelConfiguration) throws -> Model
  ) throws -> Model {
    let configuration = try ModelConfiguration(folder: folder)
    var weights = try NamedWeights(Checkpoint(folder: folder), configuration: configuration)
    let model = try make(&weights, configuration)
    try weights.checkAllUsed()
    return model
  }

  /// The largest difference to the logits of the masks, all texts in one batch.
  private func largestMaskDifference(_ folder: URL) throws -> Float {
    let model = try open(folder, MaskedLMModel.init(_:configuration:))
    var batch = PackedBatch()
    var masks: [Int] = []
    var expected: [[Float]] = []
    let answers = try HeadAnswers(folder: folder).fillMask
    // One of the texts holds nothing but a mask.
    let mask = try #require(answers.first { $0.inputIDs.count == 3 }).inputIDs[1]
    for answer in answers {
      guard let logits = answer.logits else { continue }
      for (place, id) in answer.inputIDs.enumerated() where id == mask {
        masks.append(batch.tokenCount + place)
      }
      batch.append(answer.inputIDs)
      expected += logits
    }
    #expect(masks.count == expected.count && masks.count > 3)
    let workspace = Workspace()
    var largest: Float = 0
    for _ in 0..<2 {
      try model.logits(batch, of: masks, workspace: workspace) { range, logits in
        for (row, mask) in range.enumerated() {
          largest = max(largest, difference(logits.row(row), expected[mask]))
        }
      }
    }
    return largest
  }

  private func largestNextSentenceDifference(_ folder: URL) throws -> Float {
    let answers = try HeadAnswers(folder: folder).nextSentence
    let model = try open(folder, SequenceClassificationModel.init(nextSentence:configuration:))
    var batch = PackedBatch()
    for answer in answers { batch.append(answer.inputIDs, tokenTypeIDs: answer.tokenTypeIDs) }
    let logits = try model.logits(batch, workspace: Workspace())
    #expect(answers.count > 3)
    return answers.enumerated().reduce(0) { largest, element in
      max(largest, difference(logits.row(element.offset), element.element.logits))
    }
  }

  private func difference(_ a: [Float], _ b: [Float]) -> Float {
    // A NaN anywhere must not look like agreement.
    guard a.count == b.count, !(a + b).contains(where: \.isNaN) else { return .infinity }
    return zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  @Test(arguments: HeadAnswers.maskedLanguageModels)
  func maskedWords(_ name: String) throws {
    #expect(try largestMaskDifference(HeadAnswers.folder(name)) < 1e-4)
  }

  @Test(arguments: HeadAnswers.nextSentenceModels)
  func nextSentences(_ name: String) throws {
    #expect(try largestNextSentenceDifference(HeadAnswers.folder(name)) < 1e-4)
  }

  @Test(.enabled(if: !HeadAnswers.largeModels.isEmpty), arguments: HeadAnswers.largeModels)
  func largeModels(_ folder: URL) throws {
    let answers = try HeadAnswers(folder: folder)
    if !answers.fillMask.isEmpty {
      let masks = try largestMaskDifference(folder)
      print("\(folder.lastPathComponent): largest difference of mask logits \(masks)")
      #expect(masks < 1e-4)
    }
    if !answers.nextSentence.isEmpty {
      let pairs = try largestNextSentenceDifference(folder)
      print("\(folder.lastPathComponent): largest difference of next-sentence logits \(pairs)")
      #expect(pairs < 1e-4)
    }
  }

  /// On the fixtures of the checkpoints: logits of every token, through files of other forms.
  @Test(arguments: ["bert-pretraining", "bert-pretraining-bin", "distilbert-mlm"])
  func everyTokenOfACheckpoint(_ fixture: String) throws {
    let reference = try ReferenceModel(fixture: fixture)
    let model = try open(reference.folder, MaskedLMModel.init(_:configuration:))
    let batch = reference.batch
    let expected = reference.sequences.flatMap { $0.predictionLogits ?? [] }
    #expect(expected.count == batch.tokenCount)
    let tokens = Array(0..<batch.tokenCount)
    try model.logits(batch, of: tokens, workspace: Workspace()) { range, logits in
      for (row, token) in range.enumerated() {
        #expect(difference(logits.row(row), expected[token]) < 1e-4)
      }
    }
    guard reference.configuration.family == .bert else { return }
    let logits = try open(
      reference.folder, SequenceClassificationModel.init(nextSentence:configuration:)
    )
    .logits(batch, workspace: Workspace())
    for (index, sequence) in reference.sequences.enumerated() {
      let expected = try #require(sequence.seqRelationshipLogits)
      #expect(difference(logits.row(index), expected) < 1e-4)
    }
  }

  @Test func moreTokensThanGoThroughTheVocabularyAtATime() throws {
    let model = try open(
      HeadAnswers.folder("bert-masked-lm-bf16"), MaskedLMModel.init(_:configuration:))
    let sequence = (0..<32).map { Int32($0 + 5) }
    let batch = PackedBatch(Array(repeating: sequence, count: 5))
    // Backwards, so that rows cannot be those of the tokens by chance.
    let tokens = Array((0..<batch.tokenCount).reversed())
    var rows = [[Float]](repeating: [], count: tokens.count)
    var ranges: [Range<Int>] = []
    try model.logits(batch, of: tokens, workspace: Workspace()) { range, logits in
      ranges.append(range)
      for (row, token) in range.enumerated() { rows[token] = logits.row(row) }
    }
    #expect(ranges.count > 1)
    #expect(ranges.flatMap { $0 } == Array(tokens.indices))
    for index in tokens.indices {
      #expect(difference(rows[index], rows[index % sequence.count]) < 1e-5)
    }
    #expect(difference(rows[0], rows[1]) > 1e-3)
  }

  @Test func aModelOfAnotherTaskSaysWhichClassesWork() throws {
    for (fixture, family) in [("bert-safetensors", "Bert"), ("distilbert-bin", "DistilBert")] {
      let folder = fixturesFolder.appending(path: "checkpoints/\(fixture)")
      for (head, error) in [
        (
          Head.maskedLM,
          thrownError(MissingHeadError.self) {
            try open(folder, MaskedLMModel.init(_:configuration:))
          }
        ),
        (
          .nextSentence,
          thrownError(MissingHeadError.self) {
            try open(folder, SequenceClassificationModel.init(nextSentence:configuration:))
          }
        ),
      ] {
        let error = try #require(error)
        #expect(error.head == head)
        #expect(error.architecture == "\(family)ForSequenceClassification")
        for name in head.classes + [folder.path] { #expect("\(error)".contains(name)) }
      }
    }
  }

  @Test(arguments: [
    ("checkpoints/bert-pretraining", "classifier.weight", "BertForPreTraining"),
    ("heads/bert-masked-lm-bf16", "classifier.weight", "BertForMaskedLM"),
    ("checkpoints/bert-bare", "classifier.weight", "BertModel"),
    ("checkpoints/distilbert-mlm", "classifier.weight", "DistilBertForMaskedLM"),
    (
      "checkpoints/bert-token-classification", "bert.pooler.dense.weight",
      "BertForTokenClassification"
    ),
    (
      "checkpoints/distilbert-token-classification", "pre_classifier.weight",
      "DistilBertForTokenClassification"
    ),
  ])
  func noClassifierWithoutItsHead(fixture: String, key: String, architecture: String) throws {
    let error = try #require(
      thrownError(MissingHeadError.self) {
        try open(
          fixturesFolder.appending(path: fixture),
          SequenceClassificationModel.init(_:configuration:))
      })
    #expect(error.head == .sequenceClassification)
    #expect(error.key == key)
    #expect(error.architecture == architecture)
    #expect(
      "\(error)".hasSuffix(
        ": no sequence-classification head ('\(key)') in this '\(architecture)'; the classes that "
          + "have one are BertForSequenceClassification, DistilBertForSequenceClassification, "
          + "RobertaForSequenceClassification, XLMRobertaForSequenceClassification, "
          + "CamembertForSequenceClassification: take such a model, or fine-tune this one"))
  }

  @Test func aHeadThatTheConfigurationPromisesIsMissed() throws {
    let folder = fixturesFolder.appending(path: "checkpoints/bert-bare")
    var configuration = try ModelConfiguration(folder: folder)
    configuration.architectures = ["BertForSequenceClassification"]
    var weights = try NamedWeights(Checkpoint(folder: folder), configuration: configuration)
    let error = thrownError(MissingHeadError.self) {
      try SequenceClassificationModel(&weights, configuration: configuration)
    }
    #expect(
      error?.description.hasSuffix(
        "('classifier.weight'), though config.json says 'BertForSequenceClassification'; take "
          + "config.json and the weights from one model") == true)
    // Of a class's name nothing reaches a terminal that it would obey.
    configuration.architectures = ["Bert\u{1b}[31m"]
    let hostile = thrownError(MissingHeadError.self) {
      try SequenceClassificationModel(&weights, configuration: configuration)
    }
    #expect(hostile?.description.contains(#"'Bert\u{1b}[31m'"#) == true)
  }
}
