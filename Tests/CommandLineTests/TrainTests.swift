import Foundation
import TestSupport
import Testing

@Suite struct TrainTests {
  /// Easily told apart, as the tiny model's vocabulary has these words.
  private static let rows = (0..<60).map { row in
    row % 3 == 0
      ? "\(row),the film was great \(row % 7),\"good, very\""
      : row % 3 == 1 ? "\(row),a bad bad plot \(row % 5),bad" : "\(row),zzz zzz \(row % 4),ü"
  }
  private static let table = "id,text,label\n" + rows.joined(separator: "\n") + "\n"

  private let folder: TemporaryFolder
  private var model: String { folder.url.appending(path: "model").path }

  init() throws { folder = try TemporaryFolder() }

  private func train(
    _ input: String = table, base: String = tinyModel("bert-bare"), _ more: String...
  ) throws -> Tool {
    let file = try folder.write(input, to: "in.csv")
    return try Tool(
      ["train", "--model", base, "--input", file, "--output", model] + more, input: nil)
  }

  /// Settings that suit a model of 16 columns.
  private let quick = ["--learning-rate", "0.01", "--epochs", "6", "--batch-size", "8"]

  private func quickly(_ more: String...) throws -> Tool {
    let file = try folder.write(Self.table, to: "in.csv")
    return try Tool(
      ["train", "--model", tinyModel("bert-bare"), "--input", file, "--output", model] + quick
        + more, input: nil)
  }

  private func names(in path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.url.appending(path: path).path)
      .sorted()
  }

  private func json(_ path: String) throws -> [String: Any] {
    let data = try Data(contentsOf: folder.url.appending(path: path))
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test func learnsWhatIsEasy() throws {
    let tool = try quickly("--validation", "0.2")
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(
      tool.errors.contains(
        "48 texts to train on, 12 for validation; 3 labels: 'bad' 16, 'good, very' 16, 'ü' 16"
      ),
      "\(tool.errors)")
    #expect(tool.errors.contains("the classifier is new"), "\(tool.errors)")
    #expect(tool.errors.contains("memory"), "\(tool.errors)")
    #expect(tool.errors.contains("epoch 6 of 6: loss 0."), "\(tool.errors)")
    #expect(tool.output.contains("12 texts, 12 of them given their true label"), "\(tool.output)")
    #expect(tool.output.contains("weighted     1.0000  1.0000  1.0000    1.0000"))
    let answers = try Tool("classify", "--model", model, "the film was great", "a bad bad plot")
    #expect(answers.outputLines.map { $0.prefix { $0 != "\t" } } == ["good, very", "bad"])

    #expect(
      try names(in: "model") == [
        "README.md", "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
        "training-log.jsonl", "vocab.txt",
      ])
    #expect(try names(in: "") == ["in.csv", "model"])
    let configuration = try json("model/config.json")
    #expect(configuration["architectures"] as? [String] == ["BertForSequenceClassification"])
    #expect(configuration["problem_type"] as? String == "single_label_classification")
    #expect(configuration["dtype"] as? String == "float32")
    #expect(
      configuration["id2label"] as? [String: String] == ["0": "bad", "1": "good, very", "2": "ü"])
    #expect(configuration["label2id"] as? [String: Int] == ["bad": 0, "good, very": 1, "ü": 2])
    let card = try folder.read("model/README.md")
    for words in [
      "# bert-bare, fine-tuned", "| good, very | 16 | 4 |", "accuracy 1.0000, weighted F1 1.0000",
      "Learning rate: 0.01", "Saved as float32", "| epoch | training loss |", "Seed: 0",
    ] {
      #expect(card.contains(words), "\(words)")
    }
    let log = try folder.read("model/training-log.jsonl").split(separator: "\n")
    #expect(log.count == 6 * 6 + 6)
    let keys = ["step", "epoch", "loss", "learning_rate", "gradient_norm", "tokens_per_second"]
    let first = try #require(
      JSONSerialization.jsonObject(with: Data(log[0].utf8)) as? [String: Any])
    #expect(first.keys.sorted() == keys.sorted())

    // What stands in the card is what the folder's weights do.
    let validation = try Tool(
      "evaluate", "--model", model, "--input", folder.url.appending(path: "in.csv").path, "--json")
    #expect(validation.output.contains("\"accuracy\":1.0"))
  }

  @Test func theSameSeedGivesTheSameModel() throws {
    var weights: [Data] = []
    for seed in ["3", "3", "4"] {
      #expect(try quickly("--seed", seed, "--epochs", "1", "--overwrite").status == 0)
      weights.append(
        try Data(contentsOf: folder.url.appending(path: "model/model.safetensors")))
    }
    #expect(weights[0] == weights[1])
    #expect(weights[0] != weights[2])
  }

  @Test func theProductsPrecisionIsTold() throws {
    for precision in ["float32", "bf16x3"] {
      let tool = try quickly("--epochs", "1", "--precision", precision, "--overwrite")
      #expect(tool.status == 0, "\(tool.errors)")
      #expect(tool.errors.contains("products in \(precision) ("), "\(tool.errors)")
      #expect(try folder.read("model/README.md").contains("Products in \(precision)"))
    }
    let automatic = try quickly("--epochs", "1", "--overwrite")
    #expect(automatic.errors.contains("products in "), "\(automatic.errors)")
    let tooRough = try quickly("--precision", "bfloat16", "--overwrite")
    #expect(tooRough.status == 2)
    #expect(tooRough.errors.contains("gradients of 8 bits"), "\(tooRough.errors)")
  }

  @Test func savesAsBFloat16() throws {
    let tool = try quickly("--save-precision", "bfloat16", "--json")
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(try json("model/config.json")["dtype"] as? String == "bfloat16")
    let header = try Data(contentsOf: folder.url.appending(path: "model/model.safetensors"))
    #expect(!header.prefix(6000).contains(Data("F32".utf8)))
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(tool.output.utf8)) as? [String: Any])
    #expect(object["steps"] as? Int == 7 * 6)
    #expect((object["validation"] as? [String: Any])?["count"] as? Int == 6)
    #expect((object["epochs"] as? [Any])?.count == 6)
    let answers = try Tool("classify", "--model", model, "the film was great", "a bad bad plot")
    #expect(answers.outputLines.map { $0.prefix { $0 != "\t" } } == ["good, very", "bad"])
  }

  /// Stopped by Ctrl-C and by kill -9, and then resumed, a run gives the bytes of an unbroken one.
  @Test(arguments: ["INT", "KILL"])
  func aBrokenRunIsResumed(signal: String) throws {
    let file = try folder.write(Self.table, to: "in.csv")
    let arguments =
      ["train", "--model", tinyModel("bert-bare"), "--input", file, "--threads", "2"] + quick
      + ["--epochs", "30", "--checkpoint-minutes", "0", "--precision", "float32", "--output"]
    let whole = folder.url.appending(path: "whole").path
    #expect(try Tool(arguments + [whole], input: nil).status == 0)

    let process = Process()
    process.executableURL = Tool.executable
    process.arguments = arguments + [model]
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    // Some way into its 210 steps.
    let log = folder.url.appending(path: "model/training-log.jsonl")
    while ((try? Data(contentsOf: log).count) ?? 0) < 1500, process.isRunning {
      // Not a task's sleep, which waits for a thread while other tests wait for their programs.
      usleep(1000)
    }
    kill(process.processIdentifier, signal == "INT" ? SIGINT : SIGKILL)
    process.waitUntilExit()
    #expect(process.terminationReason == (signal == "INT" ? .exit : .uncaughtSignal))
    #expect(process.terminationStatus == (signal == "INT" ? 130 : 9))
    #expect(try names(in: "model") == ["checkpoint", "training-log.jsonl"])

    let again = try Tool(arguments + [model], input: nil)
    #expect(again.status == 1 && again.errors.contains("go on with --resume"), "\(again.errors)")
    let other = try Tool(arguments + [model, "--resume", "--seed", "1"], input: nil)
    #expect(other.status == 1 && other.errors.contains("the seed was 0 and is 1 now"))
    let rough = try Tool(arguments + [model, "--resume", "--precision", "bf16x3"], input: nil)
    #expect(
      rough.status == 1 && rough.errors.contains("--precision was float32 and is bf16x3 now"),
      "\(rough.errors)")
    // A checkpoint that there is no room for leaves the last one whole.
    let full = try onASmallDisk(arguments + [model, "--resume"])
    #expect(full.contains("is whole: mend this and go on from it with --resume"), "\(full)")
    let resumed = try Tool(arguments + [model, "--resume"], input: nil)
    #expect(resumed.status == 0, "\(resumed.errors)")
    for name in ["model.safetensors", "config.json"] {
      #expect(
        try Data(contentsOf: folder.url.appending(path: "whole/\(name)"))
          == Data(contentsOf: folder.url.appending(path: "model/\(name)")), "\(name)")
    }
    #expect(try folder.read("model/training-log.jsonl").split(separator: "\n").count == 8 * 30)
  }

  @Test func resumingComesToAnEnd() throws {
    let whole = try quickly("--epochs", "1")
    #expect(whole.status == 0, "\(whole.errors)")
    let weights = try Data(contentsOf: URL(filePath: model + "/model.safetensors"))
    let again = try quickly("--epochs", "1", "--resume")
    #expect(again.status == 0 && again.errors.contains("is finished"), "\(again.errors)")
    #expect(try Data(contentsOf: URL(filePath: model + "/model.safetensors")) == weights)
    // Killed before its first checkpoint.
    try FileManager.default.removeItem(atPath: model)
    try FileManager.default.createDirectory(
      atPath: model + "/checkpoint", withIntermediateDirectories: true)
    try Data("{\"step\":1}\n".utf8).write(to: URL(filePath: model + "/training-log.jsonl"))
    let resumed = try quickly("--epochs", "1", "--resume")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try Data(contentsOf: URL(filePath: model + "/model.safetensors")) == weights)
    // The same beside the older model that it was to replace.
    try FileManager.default.createDirectory(
      atPath: model + "/checkpoint", withIntermediateDirectories: true)
    let other = try quickly("--epochs", "1", "--seed", "9", "--resume")
    #expect(other.status == 0 && !other.errors.contains("is finished"), "\(other.errors)")
    #expect(try Data(contentsOf: URL(filePath: model + "/model.safetensors")) != weights)
  }

  /// In training too an empty second text is none: what is measured there is what classify gives.
  @Test func anEmptyPairIsNone() throws {
    let table =
      "id,text,pair,label\n"
      + Self.rows.map { row in
        let comma = row.firstIndex(of: ",")!
        let second = row[row.index(after: comma)...].firstIndex(of: ",")!
        return "\(row[..<second]),\(row[second...])\n"
      }.joined()
    let file = try folder.write(table, to: "pairs.csv")
    func evaluate(_ more: String...) throws -> [String: Any] {
      let tool = try Tool(
        ["evaluate", "--model", model, "--input", file, "--json"] + more, input: nil)
      return try #require(
        JSONSerialization.jsonObject(with: Data(tool.output.utf8)) as? [String: Any],
        "\(tool.errors)")
    }
    let tool = try train(
      table, "--pair-column", "pair", "--validation", file, "--epochs", "1", "--learning-rate",
      "0.01", "--json")
    #expect(tool.status == 0, "\(tool.errors)")
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(tool.output.utf8)) as? [String: Any])
    let key = "expected_calibration_error"
    let trained = try #require((object["validation"] as? [String: Any])?[key] as? Double)
    #expect(try abs(trained - #require(evaluate("--pair-column", "pair")[key] as? Double)) < 1e-5)
    #expect(try abs(trained - #require(evaluate()[key] as? Double)) < 1e-5)
  }

  @Test func aFullDiskIsToldInALine() throws {
    let file = try folder.write(Self.table, to: "in.csv")
    let errors = try onASmallDisk([
      "train", "--model", tinyModel("bert-bare"), "--input", file, "--output", model,
    ])
    let last = errors.split(separator: "\n").last ?? ""
    #expect(last.contains("safetensors: File too large; there is no checkpoint yet"), "\(errors)")
    // The parameters alone have 30 kB.
    #expect(try !names(in: "model/checkpoint").contains { !$0.hasPrefix("best-") })
  }

  /// What the program says where no file may have more than 40 kB: a checkpoint's tensors have 90.
  private func onASmallDisk(_ arguments: [String]) throws -> String {
    let errors = folder.url.appending(path: "errors")
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments =
      [
        "-c", "trap '' XFSZ; ulimit -f 40; exec \"$0\" \"$@\" 2> '\(errors.path)'",
        Tool.executable.path,
      ] + arguments
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 1)
    defer { try? FileManager.default.removeItem(at: errors) }
    return try folder.read("errors")
  }

  @Test func labelsOfTheBaseKeepTheirIDs() throws {
    let table =
      "text,label\n"
      + (0..<30).map { "the film \($0 % 9),\(["positive", "negative", "neutral"][$0 % 3])\n" }
      .joined()
    let tool = try train(
      table, base: tinyModel("bert-safetensors"), "--epochs", "1", "--validation", "none")
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(!tool.errors.contains("new"), "\(tool.errors)")
    #expect(tool.output == "")
    #expect(
      try json("model/config.json")["id2label"] as? [String: String]
        == ["0": "negative", "1": "neutral", "2": "positive"])
    let other = try train(
      table.replacing("neutral", with: "other"), base: tinyModel("bert-safetensors"), "--epochs",
      "1", "--overwrite", "--labels", "positive,other,negative")
    #expect(other.status == 0, "\(other.errors)")
    #expect(other.errors.contains("new"), "\(other.errors)")
    #expect(
      try json("model/config.json")["id2label"] as? [String: String]
        == ["0": "positive", "1": "other", "2": "negative"])
  }

  /// Nothing can tell which of two ids a name means, so the head begins anew.
  @Test func aBaseMayNameALabelTwice() throws {
    let base = try folder.model {
      $0["id2label"] = ["0": "good, very", "1": "bad", "2": "bad"]
      $0["label2id"] = nil
    }
    let table = Self.table.replacing("ü", with: "bad")
    let tool = try train(table, base: base, "--epochs", "1", "--validation", "none")
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(tool.errors.contains("the classifier is new"), "\(tool.errors)")
  }

  @Test func ofADistilBertToo() throws {
    let tool = try train(
      Self.table, base: tinyModel("distilbert-mlm"), "--epochs", "6", "--learning-rate", "0.01",
      "--batch-size", "8", "--class-weights", "balanced", "--patience", "6")
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(
      try json("model/config.json")["architectures"] as? [String]
        == ["DistilBertForSequenceClassification"])
    #expect(tool.output.contains("weighted     1.0000  1.0000  1.0000    1.0000"), "\(tool.output)")
  }

  @Test func measuresOnAFile() throws {
    let validation = try folder.write(
      "text,label\nthe film was great,\"good, very\"\na bad bad plot,odd\n", to: "dev.csv")
    let tool = try quickly("--validation", validation)
    #expect(tool.status == 1)
    #expect(
      tool.errors.contains("row 2") && tool.errors.contains("the label 'odd'"), "\(tool.errors)")
    try folder.write(
      "text,label\nthe film was great,\"good, very\"\na bad bad plot,bad\n", to: "dev.csv")
    let right = try quickly("--validation", validation)
    #expect(right.status == 0, "\(right.errors)")
    #expect(right.errors.contains("no validation text has the label 'ü'"), "\(right.errors)")
    #expect(right.output.contains("2 texts, 2 of them given their true label"))
  }

  @Test(arguments: [
    ("id,text,label\n1,a,x\n2,b,\n3,c,y\n4,d, \n", "row 2", "1 more have none (row 4)"),
    ("id,text,label\n1,a,x\n2,b,x\n", "'x'", "two or more"),
    ("id,text,label\n1,a,x\n2,b,y\n", "label of its own", "--label-column"),
    ("id,text,label\n", "no rows", ""),
    ("", "in.csv", ""),
    ("id,text,label\n1,a,x\n2,b,x\n3,c,y\n", "3 texts are too few", "--validation none"),
    ("id,text\n1,a\n", "no column 'label'", "'id', 'text'"),
    ("id,body,label\n1,a,x\n", "no column 'text'", "'id', 'body'"),
  ])
  func faultsAreTold(_ input: String, _ first: String, _ second: String) throws {
    let tool = try train(input)
    #expect(tool.status == 1)
    let last = tool.errors.split(separator: "\n").last ?? ""
    #expect(last.contains(first) && (second.isEmpty || last.contains(second)), "\(tool.errors)")
    #expect(try names(in: "") == ["in.csv"])
  }

  @Test func rowsWithoutALabelAreLeftOutOnDemand() throws {
    let tool = try train(
      Self.table + "60,works,\n61,works, \n", "--skip-unlabelled", "--epochs", "1")
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(tool.errors.contains("2 rows without a label in 'label' left out"), "\(tool.errors)")
  }

  @Test func aLonelyLabelIsTold() throws {
    let tool = try train(Self.table + "60,works,rare\n", "--epochs", "1")
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(tool.errors.contains("'rare' (row 61)"), "\(tool.errors)")
    #expect(tool.errors.contains("no validation text has the label 'rare'"), "\(tool.errors)")
  }

  @Test func labelsMayBeGivenByTheirIDs() throws {
    let table = "text,label\n" + (0..<20).map { "the film \($0 % 9),\($0 % 2)\n" }.joined()
    let tool = try train(table, "--labels", "no, yes", "--epochs", "1")
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(tool.errors.contains("'no' 9, 'yes' 9"), "\(tool.errors)")
    let unknown = try train(Self.table, "--labels", "bad,ü", "--overwrite")
    #expect(unknown.status == 1)
    #expect(
      unknown.errors.contains("row 1") && unknown.errors.contains("'good, very'"),
      "\(unknown.errors)")
  }

  @Test func basesThatDoNotFitAreRefused() throws {
    // A text has a token that the model has no embedding for.
    let base = try folder.model("bert-bare")
    let tokenizer = base.appending(path: "tokenizer.json")
    let text = try String(contentsOf: tokenizer, encoding: .utf8)
    let changed = text.replacing("\"[PAD]\": 0", with: "\"[PAD]\": 0, \"extra\": 99")
    #expect(changed != text)
    try Data(changed.utf8).write(to: tokenizer)
    let mismatch = try train("\(Self.table)61,extra,bad\n", base: base.path)
    #expect(mismatch.status == 1, "\(mismatch.errors)")
    #expect(mismatch.errors.contains("the token 'extra' of id 99"), "\(mismatch.errors)")
    let long = try train(Self.table, "--max-length", "25")
    #expect(
      long.status == 1 && long.errors.contains("longest text is 25; give 4 to"), "\(long.errors)")
    let weights = try train(Self.table, "--class-weights", "1,2")
    #expect(weights.status == 1 && weights.errors.contains("2 numbers for 3 labels"))
    let missing = try train(Self.table, base: folder.url.appending(path: "none").path)
    #expect(missing.status == 1, "\(missing.errors)")
    #expect(!FileManager.default.fileExists(atPath: model))
  }

  @Test func divergenceIsToldWithItsStep() throws {
    let tool = try quickly("--learning-rate", "1e30")
    #expect(tool.status == 1)
    let last = tool.errors.split(separator: "\n").last ?? ""
    #expect(last.contains("infinite or not a number at step 3 (epoch 1"), "\(tool.errors)")
    #expect(last.contains("a smaller learning rate"))
  }

  @Test func anOutputThatIsThereIsKept() throws {
    let note = try folder.write("x", to: "note")
    try FileManager.default.createDirectory(atPath: model, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: note, toPath: model + "/note")
    let tool = try quickly()
    #expect(tool.status == 1 && tool.errors.contains("--overwrite"), "\(tool.errors)")
    let resume = try quickly("--resume")
    #expect(resume.status == 1 && resume.errors.contains("no checkpoint"), "\(resume.errors)")
    #expect(try names(in: "model") == ["note"])
  }

  @Test func wrongUsageIsTwo() throws {
    let needed = ["train", "--input", "x", "--output", "y"]
    let wrong: [[String]] = [
      ["train"], ["train", "--output", "x"], ["train", "--input", "x"],
      needed + ["--epochs", "0"], needed + ["--learning-rate", "-1"],
      needed + ["--learning-rate", "nan"], needed + ["--batch-size", "0"],
      needed + ["--warmup", "1.5"], needed + ["--weight-decay", "-0.1"],
      needed + ["--validation", "1"], needed + ["--validation", "-0.1"],
      needed + ["--patience", "1", "--validation", "none"], needed + ["--threads", "0"],
      needed + ["--class-weights", "1,-2"], needed + ["--class-weights", "x"],
      needed + ["--label-column", "text"], needed + ["--labels", "a"],
      needed + ["--labels", "a,a"], needed + ["--labels", "a,,b"],
      needed + ["--resume", "--overwrite"], needed + ["--save-precision", "float8"],
      needed + ["--checkpoint-minutes", "-1"], needed + ["--max-length", "0"],
    ]
    for arguments in wrong {
      let tool = try Tool(arguments, input: nil)
      #expect(tool.status == 2, "\(arguments): \(tool.errors)")
    }
  }
}
