import Foundation
import TestSupport
import Testing

@Suite struct DistilTests {
  private let words = ["the film was great", "a bad plot", "it is not good", "very slow"]
  private let names = ["positive", "negative", "neutral"]

  private var table: String {
    "id,text,label\n"
      + (0..<40).map { "\($0),\(words[$0 % 4]) \($0),\(names[$0 % 3])" }.joined(separator: "\n")
      + "\n"
  }

  private func teacher(_ name: String = "teacher") -> String {
    fixturesFolder.appending(path: "distillation/\(name)").path
  }

  /// Runs with few and short epochs into the folder's `student`.
  private func distil(
    _ folder: TemporaryFolder, _ input: String, teacher name: String? = nil,
    command: String = "distil", _ more: String...
  ) throws -> Tool {
    try Tool(
      [
        command, "--teacher", name ?? teacher(), "--input", input, "--output",
        folder.url.appending(path: "student").path, "--epochs", "2", "--learning-rate", "1e-3",
        "--threads", "2",
      ] + more, input: nil)
  }

  @Test func makesAClassifier() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write(table, to: "in.csv")
    let more = try folder.write("good film\nbad film\n", to: "more.txt")
    let tool = try distil(folder, input, "--layers", "2", "--unlabelled", more)
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(tool.errors.contains("38 texts to learn from, 36 of them labelled, 4 for validation"))
    #expect(tool.errors.contains("DistilBERT, 2 layers x 16; layers 0, 3 of the teacher"))
    #expect(tool.errors.contains("epoch 2 of 2"))
    let lines = tool.outputLines
    #expect(lines[0] == "4 validation texts")
    #expect(lines[1].contains("accuracy  weighted F1    loss  agreement  parameters"))
    #expect(lines[2].hasPrefix("teacher") && lines[3].hasPrefix("student"))
    #expect(lines.last?.contains("% of the teacher's weighted F1") == true)
    let student = folder.url.appending(path: "student").path
    let answers = try Tool("classify", "--model", student, "the film was great")
    #expect(answers.status == 0, "\(answers.errors)")
    let card = try folder.read("student/README.md")
    for part in [
      "# A student of teacher", "BERT, 4 layers x 16", "| negative | 12 | 1 |", "temperature 2.0",
      "in.csv and more.txt", "pipeline_tag: text-classification", "| student |",
    ] {
      #expect(card.contains(part), "\(part)\n\(card)")
    }
    #expect(!card.contains(folder.url.path))
    let log = try folder.read("student/training-log.jsonl")
    #expect(log.contains("\"distillation_loss\":") && log.contains("\"cosine_loss\":"))
    #expect(log.contains("\"validation_agreement\":"))
    let tokenizer = try folder.read("student/tokenizer_config.json")
    #expect(tokenizer.contains("\"input_ids\"") && tokenizer.contains("\"tokenizer_class\""))
    let again = try distil(folder, input)
    #expect(again.status == 1 && again.errors.contains("--overwrite"))
  }

  @Test func makesAMaskedLanguageModel() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write(
      (0..<40).map { "\(words[$0 % 4]) \(words[$0 % 3])" }.joined(separator: "\n"), to: "in.txt")
    let tool = try distil(
      folder, input, teacher: teacher("teacher-masked-lm"), command: "distill", "--objective",
      "mlm", "--take-layers", "1,2,3", "--json", "--save-precision", "bfloat16", "--validation",
      "0.25")
    #expect(tool.status == 0, "\(tool.errors)")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(tool.output.utf8)) as? [String: Any])
    let student = try #require(object["student"] as? [String: Any])
    #expect((student["accuracy"] as? Double) != nil && (student["loss"] as? Double) != nil)
    #expect((object["epochs"] as? [Any])?.count == 2)
    let answers = try Tool(
      "fill-mask", "--model", folder.url.appending(path: "student").path, "a [MASK] film")
    #expect(answers.status == 0, "\(answers.errors)")
    let card = try folder.read("student/README.md")
    #expect(card.contains("pipeline_tag: fill-mask") && card.contains("hidden words"))
    #expect(try folder.read("student/config.json").contains("\"n_layers\": 3"))
    #expect(try folder.read("student/config.json").contains("\"dtype\": \"bfloat16\""))
  }

  @Test func rowsWithoutALabelAreUnlabelledTexts() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write(table + "40,no label here,\n41,nor here, \n", to: "in.csv")
    let tool = try distil(folder, input, "--validation", "none", "--epochs", "1")
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(tool.errors.contains("2 rows without a label in 'label' (row 41, 42)"))
    #expect(tool.errors.contains("42 texts to learn from, 40 of them labelled, 0 for validation"))
    #expect(tool.outputLines.first?.contains("parameters") == true)
  }

  @Test func textsAloneAreEnoughWithoutATask() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write(words.joined(separator: "\n"), to: "in.txt")
    let tool = try distil(
      folder, input, "--task-weight", "0", "--validation", "0.25", "--epochs", "1")
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(tool.errors.contains("agreement with the teacher"))
  }

  @Test func aNarrowStudentLeavesTheCosineOut() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write(table, to: "in.csv")
    let tool = try distil(folder, input, "--hidden-size", "8", "--epochs", "1")
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(tool.errors.contains("the cosine loss is left out"))
    #expect(tool.errors.contains("begins with random weights"))
  }

  @Test func faultsAreTold() throws {
    let plain = table
    let unlabelled = "id,text,label\n1,a film,\n2,the plot,\n3,not,\n"
    let masked = teacher("teacher-masked-lm")
    let multi = tinyModel("bert-multi-label")
    let other = fixturesFolder.appending(path: "heads/bert-next-sentence").path
    for (input, arguments, parts) in [
      (plain, ["--layers", "9"], ["9 layers", "teacher of 4"]),
      (plain, ["--take-layers", "0,7"], ["no layer 7", "0 to 3"]),
      (plain, ["--hidden-size", "12"], ["not a multiple", "head size, 8"]),
      (plain, ["--hidden-size", "8", "--cosine-weight", "1"], ["no cosine", "--cosine-weight"]),
      (
        plain, ["--teacher", masked], ["has no classifier", "BertForMaskedLM", "cloud4bert train"]
      ),
      (plain, ["--objective", "mlm"], ["no masked-language-model head", "BertForMaskedLM"]),
      (plain, ["--teacher", multi], ["does not choose one of several labels"]),
      (plain, ["--student", multi], ["4 labels ('toxic'", "3 labels ('negative'"]),
      (plain, ["--student", other], ["tokenizer is not the teacher's", "entries"]),
      (plain, ["--max-length", "99"], ["99", "the length of the longest text", "tokens"]),
      (unlabelled, [], ["none of the 3 texts has a label", "--task-weight 0"]),
      ("id,text\n1,a\n", [], ["no column 'label'"]),
      ("id,text,label\n1,a,good\n", [], ["row 1", "good", "negative"]),
      ("id,text,label\n", [], ["no rows"]),
      (plain, ["--unlabelled", "/nowhere.txt"], ["/nowhere.txt"]),
      (plain, ["--resume"], ["no checkpoint"]),
    ] as [(String, [String], [String])] {
      let folder = try TemporaryFolder()
      let file = try folder.write(input, to: "in.csv")
      let name = arguments.first == "--teacher" ? arguments[1] : teacher()
      let rest = arguments.first == "--teacher" ? [] : arguments
      let validation = input == unlabelled ? ["--validation", "none"] : []
      let tool = try Tool(
        [
          "distil", "--teacher", name, "--input", file, "--epochs", "1", "--output",
          folder.url.appending(path: "student").path,
        ] + rest + validation, input: nil)
      #expect(tool.status == 1, "\(arguments): \(tool.errors)")
      let last = tool.errors.split(separator: "\n").last ?? ""
      for part in parts { #expect(last.contains(part), "\(arguments): \(tool.errors)") }
      #expect(
        !FileManager.default.fileExists(atPath: folder.url.appending(path: "student").path),
        "\(arguments)")
    }
  }

  @Test func wrongUsageIsTwo() throws {
    let usual = ["--teacher", "t", "--input", "i", "--output", "o"]
    let wrong: [[String]] = [
      [], ["--teacher", "t"], ["--teacher", "t", "--input", "i"], usual + ["--temperature", "0"],
      usual + ["--layers", "0"], usual + ["--layers", "2", "--take-layers", "1"],
      usual + ["--take-layers", "1,,2"], usual + ["--take-layers", "-1"],
      usual + ["--task-weight", "-1"], usual + ["--label-column", "text"],
      usual + ["--distillation-weight", "0", "--task-weight", "0", "--cosine-weight", "0"],
      usual + ["--student", "s", "--layers", "2"], usual + ["--objective", "regression"],
      usual + ["--epochs", "0"], usual + ["--unlabelled", "-", "--validation", "-"],
    ]
    for arguments in wrong {
      let tool = try Tool(["distil"] + arguments, input: nil)
      #expect(tool.status == 2, "\(arguments): \(tool.errors)")
    }
  }
}
