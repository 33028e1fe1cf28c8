import Foundation
import HuggingFaceHub
import Records
import TestSupport
import Testing
import Training

@testable import CommandLineTool

/// What a library finds wrong is told with the option that mends it.
@Suite struct OptionRemedyTests {
  private static let place = RecordPlace(file: "a.csv", row: 7, line: 9)

  @Test(arguments: [
    (
      RecordError.ambiguousDelimiter(file: "a.csv", name: "text", delimiters: [";", "|"]),
      "separators ';', '|': name one of them with --delimiter"
    ),
    (
      .unterminatedQuote(place: place),
      "or take quotes for characters like any other with --no-quotes"
    ),
    (
      .fieldCount(place: place, expected: 2, found: 3, cause: .quotesNotRead),
      "if they are quoted, have quotes read (leave --no-quotes out)"
    ),
    (
      .fieldCount(place: place, expected: 3, found: 2, cause: .quotesNotRead),
      "if fields are quoted, have quotes read (leave --no-quotes out)"
    ),
    (
      .notText(
        file: "a.csv.xz", found: "compressed by xz",
        remedy: .unpacking(command: "xzcat a.csv.xz", format: .csv)),
      "unpack it: xzcat a.csv.xz | cloud4bert ... --input - --format csv"
    ),
    (
      .notText(
        file: "a.xz", found: "compressed by xz",
        remedy: .unpacking(command: "xzcat a.xz", format: nil)),
      "unpack it: xzcat a.xz | cloud4bert ... --input -"
    ),
    (
      .fieldCount(place: place, expected: 3, found: 2),
      "put quotes around a field that contains a line break"
    ),
  ])
  func records(error: RecordError, ending: String) {
    expect(error, endsWith: ending)
  }

  @Test(arguments: [
    (
      DistillationError.noClassifier(folder: "t", architecture: nil),
      "fine-tune it first with cloud4bert train"
    ),
    (.tooManyLayers(asked: 9, teacher: 4), "or name layers, some twice, with --take-layers"),
    (
      .otherLabels(student: ["a"], teacher: ["b"]),
      "or begin with a part of the teacher (leave --student out)"
    ),
    (
      .otherHiddenSize(student: 8, teacher: 16),
      "give the cosine loss no weight (--cosine-weight 0)"
    ),
    (.noLabels(textCount: 3), "to learn from the teacher alone (--task-weight 0)"),
  ])
  func distillation(error: DistillationError, ending: String) {
    expect(error, endsWith: ending)
  }

  @Test(arguments: [
    (TrainingError.noCheckpoint(folder: "m"), "start the run anew without --resume"),
    (
      .otherRun(name: "the seed", checkpoint: "0", now: "1", folder: "m"),
      "or start anew with --overwrite"
    ),
    (.damagedCheckpoint(file: "m/c", problem: "is cut off"), "start anew with --overwrite"),
    (
      .cannotWrite(reason: "no space", lastCheckpoint: 5),
      "the checkpoint of step 5 is whole: mend this and go on from it with --resume"
    ),
    (.cannotWrite(reason: "no space", lastCheckpoint: nil), "there is no checkpoint yet"),
  ])
  func training(error: TrainingError, ending: String) {
    expect(error, endsWith: ending)
  }

  @Test func otherFaults() {
    expect(ModelFolderError.exists("m"), endsWith: "or have this one replaced with --overwrite")
    expect(
      HubError.notCached(model: "a/b", folder: "f", missing: ["config.json"]),
      endsWith: "unset HF_HUB_OFFLINE and fetch it with: cloud4bert pull a/b")
    // Behind a place, too.
    expect(
      RowError(place: "a.csv: row 1", cause: ModelFolderError.exists("m")),
      endsWith: "replaced with --overwrite")
  }

  private func expect(
    _ error: any Error, endsWith ending: String, location: SourceLocation = #_sourceLocation
  ) {
    let message = OptionRemedy.message(of: error)
    #expect(message.hasSuffix(ending), "\(message)", sourceLocation: location)
  }

  @Test func ofAFileInAnArchive() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "posts.csv.xz")
    try Data([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]).write(to: file)
    let tool = try Tool("classify", "--model", tinyModel(), "--input", file.path)
    #expect(tool.status == 1)
    #expect(
      tool.errors.hasSuffix(
        "unpack it: xzcat \(file.path) | cloud4bert ... --input - --format csv\n"), "\(tool.errors)"
    )
  }

  @Test func ofAModelForAnotherTask() throws {
    let tool = try Tool("classify", "x", "--model", tinyModel("bert-pretraining"))
    #expect(tool.status == 1)
    #expect(
      tool.errors.hasSuffix("take such a model, or fine-tune this one with cloud4bert train\n"),
      "\(tool.errors)")
  }
}
