import Checkpoints
import Cloud4Bert
import Files
import Foundation
import Tensors
import TestSupport
import Testing
import Transformers

@testable import Training

/// What a fitted folder computes is the regression, whatever it stands on.
@Suite struct ModelFolderTests {
  private let scratch = FileManager.default.temporaryDirectory
    .appending(path: "TrainingTests-\(UUID().uuidString)")
  private let texts = [
    "the film was very great", "a bad plot", "not good", "it works", "slow and bad", "", "zzz !",
    "very very slow film", "the the the", "great plot and good film", "is it?", "a.b,c",
  ]
  private let classes = [0, 1, 1, 0, 1, 2, 2, 1, 2, 0, 2, 2]

  private func fixture(_ name: String) -> URL {
    fixturesFolder.appending(path: "checkpoints/\(name)")
  }

  private func write(
    _ name: String, _ pooling: LinearHead.Pooling, to folder: URL, replacing: Bool = false
  ) async throws -> (LogisticRegression, [[Float]]) {
    let head = try LinearHead(encoder: fixture(name), pooling: pooling)
    let features = FeatureExtractor.Pooling(rawValue: pooling.rawValue)!
    let extractor = try FeatureExtractor(folder: fixture(name), options: .init(pooling: features))
    let vectors = try await extractor.features(of: texts).map { head.vector($0.values) }
    let regression = LogisticRegression(
      fitting: LabelledFeatures(vectors, classes: classes, classCount: 3), c: 10)
    try ModelFolder(folder, replacing: replacing).write(
      regression, labels: ["a \"b\"", "ü\n", ""], head: head, card: "card")
    return (regression, vectors)
  }

  @Test(arguments: [
    ("bert-bare", LinearHead.Pooling.mean), ("bert-bare", .cls), ("bert-bare", .pooler),
    ("bert-bf16", .mean), ("bert-f16", .cls), ("bert-bin-f64", .pooler), ("bert-bin", .mean),
    ("bert-old-names", .cls), ("bert-pretraining", .mean), ("bert-multi-label", .pooler),
    ("distilbert-safetensors", .mean), ("distilbert-safetensors", .cls),
    ("distilbert-safetensors", .preClassifier), ("distilbert-mlm", .mean),
  ])
  func theFolderComputesTheRegression(
    _ name: String, _ pooling: LinearHead.Pooling
  ) async throws {
    let folder = scratch.appending(path: "\(name)-\(pooling)")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (regression, vectors) = try await write(name, pooling, to: folder)
    let classifier = try TextClassifier(folder: folder)
    #expect(classifier.labels == ["a \"b\"", "ü\n", ""])
    for (text, vector) in zip(texts, vectors) {
      let logits = try classifier.classifyBlocking(text).logits
      for label in 0..<3 {
        let expected =
          regression.intercepts[label]
          + zip(regression.weights.row(label), vector).reduce(0.0) { $0 + $1.0 * Double($1.1) }
        #expect(abs(Double(logits[label]) - expected) < 1e-4, "\(text)")
      }
    }
    #expect(
      try String(contentsOf: folder.appending(path: "README.md"), encoding: .utf8) == "card")
    // Nothing but the folder is left.
    let others = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
    #expect(!others.contains { $0.contains("\(name)-\(pooling).") })
  }

  @Test func refusesAFolderThatIsThere() async throws {
    let folder = scratch.appending(path: "there")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    _ = try await write("bert-bare", .cls, to: folder)
    #expect(throws: ModelFolderError.self) { try ModelFolder(folder) }
    let log = folder.appending(path: "training-log.jsonl")
    try Data().write(to: log)
    _ = try await write("bert-bare", .mean, to: folder, replacing: true)
    #expect(!FileManager.default.fileExists(atPath: log.path))
    #expect(try TextClassifier(folder: folder).configuration.layerCount == 3)
    let file = scratch.appending(path: "file")
    try Data("x".utf8).write(to: file)
    #expect(throws: ModelFolderError.self) { try ModelFolder(file, replacing: true) }
  }

  /// `--overwrite` with a slip of the pen must not cost anyone their documents.
  @Test func replacesModelsOnly() throws {
    let folder = scratch.appending(path: "documents")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    _ = try ModelFolder(folder, replacing: true)
    try Data("x".utf8).write(to: folder.appending(path: "letter.txt"))
    try Data("{}".utf8).write(to: folder.appending(path: "config.json"))
    #expect(throws: ModelFolderError.holdsOtherFiles(folder.path, ["letter.txt"])) {
      try ModelFolder(folder, replacing: true)
    }
    try FileManager.default.removeItem(at: folder.appending(path: "letter.txt"))
    _ = try ModelFolder(folder, replacing: true)
  }

  @Test func writesWhereALinkLeads() async throws {
    let (folder, link) = (scratch.appending(path: "far"), scratch.appending(path: "link"))
    defer { for url in [folder, link] { try? FileManager.default.removeItem(at: url) } }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(at: link, withDestinationURL: folder)
    _ = try await write("bert-bare", .cls, to: link)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == folder.path)
    #expect(try TextClassifier(folder: folder).labels.count > 1)
    try FileManager.default.removeItem(at: folder)
    #expect(throws: ModelFolderError.self) { try ModelFolder(link) }
  }

  @Test func whatKilledProcessesHaveLeftIsClearedAway() async throws {
    let parent = scratch.appending(path: "remains")
    let manager = FileManager.default
    defer { try? manager.removeItem(at: parent) }
    func make(_ name: String) throws -> URL {
      let folder = parent.appending(path: name)
      try manager.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(name.utf8).write(to: folder.appending(path: "config.json"))
      return folder
    }
    let model = parent.appending(path: "model")
    // One killed while it wrote, one whose model was not yet in place, and folders of others.
    for name in [
      ".model.1.partial", ".model.2.partial.old", ".model.x.partial", ".other.1.partial",
    ] {
      _ = try make(name)
    }
    let busy = try make(".model.3.partial")
    let lock = try FileDescriptor(opening: busy.path, for: .reading, .folder)
    defer { try? lock.close() }
    #expect(try lock.lock())

    _ = try ModelFolder(model, replacing: true)
    let left = try manager.contentsOfDirectory(atPath: parent.path).sorted()
    #expect(left == [".model.3.partial", ".model.x.partial", ".other.1.partial", "model"])
    let text = try String(contentsOf: model.appending(path: "config.json"), encoding: .utf8)
    #expect(text == ".model.2.partial.old")

    // With a model in its place the old one is a remain, too.
    _ = try make(".model.4.partial.old")
    _ = try await write("bert-bare", .cls, to: model, replacing: true)
    #expect(try manager.contentsOfDirectory(atPath: parent.path).sorted() == left)
    #expect(try TextClassifier(folder: model).labels.count == 3)
  }

  @Test func aFolderIsReplacedInOneStep() throws {
    let parent = scratch.appending(path: "exchange")
    let manager = FileManager.default
    defer { try? manager.removeItem(at: parent) }
    let target = parent.appending(path: "model", directoryHint: .notDirectory)
    for text in ["first", "second"] {
      do {
        let replacement = try FolderReplacement(of: target)
        try Data(text.utf8).write(to: replacement.url.appending(path: "text"))
        try replacement.commit()
      }
      #expect(try manager.contentsOfDirectory(atPath: parent.path) == ["model"])
      #expect(try String(contentsOf: target.appending(path: "text"), encoding: .utf8) == text)
    }
    do {
      let abandoned = try FolderReplacement(of: target)
      try Data("third".utf8).write(to: abandoned.url.appending(path: "text"))
    }
    #expect(try manager.contentsOfDirectory(atPath: parent.path) == ["model"])
    #expect(try String(contentsOf: target.appending(path: "text"), encoding: .utf8) == "second")
  }

  /// Whose intercept is minus infinity.
  @Test func aClassWithoutTextsIsNoDamage() throws {
    let folder = scratch.appending(path: "empty-class")
    defer { try? FileManager.default.removeItem(at: folder) }
    let encoder = fixture("bert-bare")
    let head = try LinearHead(encoder: encoder, pooling: .cls)
    let extractor = try FeatureExtractor(folder: encoder, options: .init(pooling: .cls))
    let vectors = try texts.map { head.vector(try extractor.featuresBlocking(of: $0).values) }
    let data = LabelledFeatures(
      vectors, classes: texts.indices.map { $0 % 2 }, classCount: 3)
    let regression = LogisticRegression(fitting: data, c: 1)
    #expect(regression.intercepts[2] == -.infinity)
    try ModelFolder(folder).write(
      regression, labels: ["a", "b", "none"], head: head, card: "card")
    let answer = try TextClassifier(folder: folder).classifyBlocking(texts[0])
    #expect(answer.values[2] == 0 && abs(answer.values.reduce(0, +) - 1) < 1e-6)
  }

  @Test(arguments: [
    ("bert-bare", LinearHead.Pooling.preClassifier), ("distilbert-mlm", .preClassifier),
    ("distilbert-safetensors", .pooler),
  ])
  func refusesAHiddenLayerThatTheModelHasNot(
    _ name: String, _ pooling: LinearHead.Pooling
  ) {
    #expect(throws: CheckpointError.self) {
      try LinearHead(encoder: fixture(name), pooling: pooling)
    }
  }

  @Test func takesWhatAClassifierReads() throws {
    #expect(try LinearHead.standardPooling(encoder: fixture("bert-bare")) == .mean)
    #expect(try LinearHead.standardPooling(encoder: fixture("bert-safetensors")) == .pooler)
    #expect(
      try LinearHead.standardPooling(encoder: fixture("distilbert-safetensors")) == .preClassifier)
    #expect(try LinearHead.standardPooling(encoder: fixture("distilbert-mlm")) == .mean)
  }

  @Test func tanhIsTheIdentityInTheRangeThatIsChosen() {
    for bound in [0.5, 1, 19.6, 1000] {
      let scale = LinearHead.linearRange(of: bound)
      let x = Float(scale * bound)
      #expect(abs(tanh(x) - x) <= x.ulp)
      #expect(scale == pow(2, log2(scale).rounded()))
    }
  }
}
