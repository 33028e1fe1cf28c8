import Foundation
import TestSupport
import Testing

@Suite struct FitTests {
  private let rows = (0..<60).map { row in
    row % 3 == 0
      ? "\(row),the film was great \(row),\"good, very\""
      : row % 3 == 1 ? "\(row),a bad bad plot \(row),bad" : "\(row),zzz \(row) zzz,ü"
  }

  private func table(_ rows: [String]) -> String {
    "id,text,label\n" + rows.joined(separator: "\n") + "\n"
  }

  private func fit(
    _ folder: TemporaryFolder, _ input: String, _ more: String...
  ) throws -> Tool {
    let file = try folder.write(input, to: "in.csv")
    return try Tool(
      [
        "fit", "--features-from", tinyModel("bert-bare"), "--input", file, "--output",
        folder.url.appending(path: "model").path,
      ] + more, input: nil)
  }

  @Test func learnsWhatIsEasy() throws {
    let folder = try TemporaryFolder()
    let tool = try fit(folder, table(rows))
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(tool.output == "")
    #expect(tool.errors.contains("60 texts, 3 labels: 'bad' 20, 'good, very' 20, 'ü' 20"))
    #expect(tool.errors.contains("weighted F1 100.0 %"), "\(tool.errors)")
    let model = folder.url.appending(path: "model").path
    let answers = try Tool("classify", "--model", model, "the film was great", "a bad bad plot")
    #expect(answers.outputLines.map { $0.prefix { $0 != "\t" } } == ["good, very", "bad"])
    let card = try folder.read("model/README.md")
    for words in ["| good, very | 20 |", "| 100.0 % | 100.0 % |", "5-fold"] {
      #expect(card.contains(words))
    }
    let again = try fit(folder, table(rows))
    #expect(again.status == 1 && again.errors.contains("--overwrite"))
    #expect(try fit(folder, table(rows), "--overwrite", "--pooling", "cls").status == 0)
  }

  @Test func goesByTheModulesOfSentenceTransformers() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(table(rows), to: "in.csv")
    func fit(_ model: SentenceModel, _ more: String...) throws -> Tool {
      try Tool(
        [
          "fit", "--features-from", model.url.path, "--input", file, "--overwrite", "--output",
          folder.url.appending(path: "model").path,
        ] + more, input: nil)
    }
    for (name, pooling) in [
      ("pooling-mean", "mean"), ("pooling-cls", "cls"), ("legacy-layout", nil),
    ] {
      let model = try SentenceModel(name)
      // All six poolings at once are no features of a standard model.
      let tool = try pooling == nil ? fit(model, "--pooling", "mean") : fit(model)
      #expect(tool.status == 0, "\(tool.errors)")
      #expect(tool.errors.contains("pooling \(pooling ?? "mean")"))
      let path = folder.url.appending(path: "model").path
      let answer = try Tool("classify", "--model", path, "the film was great")
      #expect(answer.output.hasPrefix("good, very"))
    }
    for (name, words) in [
      ("dense", "its modules.json has Dense"), ("pooling-max", "has Pooling by max"),
      ("legacy-layout", "has Pooling by cls, max, mean, "),
      ("weighted-layers", "has WeightedLayerPooling"), ("lower-case", "asks for do_lower_case"),
    ] {
      let tool = try fit(SentenceModel(name))
      #expect(tool.status == 1 && tool.errors.contains(words), "\(tool.errors)")
    }
    let prompted = try fit(SentenceModel("prompts"))
    #expect(prompted.status == 0 && prompted.errors.contains("the prompt 'query'"))
  }

  // One text to Swift, two labels to Python and to every file of labels.
  @Test func labelsOfOtherScalarsAreOtherLabels() throws {
    let folder = try TemporaryFolder()
    let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
    let rows = (0..<40).map { row in
      row % 2 == 0 ? "\(row),good \(row),\(composed)" : "\(row),bad \(row),\(decomposed)"
    }
    let tool = try fit(folder, table(rows))
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(tool.errors.contains("40 texts, 2 labels"), "\(tool.errors)")
    let bytes = try folder.read("model/config.json").utf8
    let ids = "\"label2id\": {\n    \"\(decomposed)\": 0,\n    \"\(composed)\": 1\n  }".utf8
    #expect(bytes.indices.contains { bytes[$0...].starts(with: ids) })
    let model = folder.url.appending(path: "model").path
    let input = try folder.write(table(rows), to: "again.csv")
    let report = try Tool("evaluate", "--model", model, "--input", input, "--json")
    #expect(report.status == 0, "\(report.errors)")
  }

  @Test func aFixedRegularisationIsKept() throws {
    let folder = try TemporaryFolder()
    let tool = try fit(
      folder, table(rows), "--regularization", "0.5", "--pooling", "pooler", "--folds", "3")
    #expect(tool.status == 0)
    #expect(tool.errors.contains("C 0.5; 3-fold"))
    #expect(try folder.read("model/config.json").contains("\"num_hidden_layers\": 2"))
  }

  @Test(arguments: [
    ("id,text,label\n1,a,x\n2,b,\n3,c,y\n4,d, \n", "row 2", "1 more have none (row 4)"),
    ("id,text,label\n1,a,x\n2,b,x\n", "'x'", "two or more"),
    ("id,text,label\n1,a,x\n2,b,y\n", "label of its own", "--label-column"),
    ("id,text,label\n", "no rows", ""),
    ("id,text,label\n1,a,x\n2,b,x\n3,c,y\n", "3 texts cannot be cut into 5 folds", "--folds 3"),
    ("id,text\n1,a\n", "no column 'label'", "'id', 'text'"),
  ])
  func faultsAreTold(_ input: String, _ first: String, _ second: String) throws {
    let folder = try TemporaryFolder()
    let tool = try fit(folder, input)
    #expect(tool.status == 1)
    let last = tool.errors.split(separator: "\n").last ?? ""
    #expect(last.contains(first) && (second.isEmpty || last.contains(second)), "\(tool.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["in.csv"])
  }

  @Test func aLonelyLabelIsTold() throws {
    let folder = try TemporaryFolder()
    let tool = try fit(folder, table(rows + ["60,works,rare"]))
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(tool.errors.contains("'rare' (row 61)"))
  }

  @Test func wrongUsageIsTwo() throws {
    for arguments in [
      ["fit"], ["fit", "--output", "x"], ["fit", "--input", "x"],
      ["fit", "--input", "x", "--output", "y", "--pooling", "max"],
      ["fit", "--input", "x", "--output", "y", "--regularization", "0"],
      ["fit", "--input", "x", "--output", "y", "--folds", "1"],
      ["fit", "--input", "x", "--output", "y", "--label-column", "text"],
    ] {
      let tool = try Tool(arguments, input: nil)
      #expect(tool.status == 2, "\(arguments)")
    }
  }
}
