import Foundation
import TestSupport
import Testing

@Suite struct BenchTests {
  private let posts = """
    text,label
    a good film,negative
    "bad, bad, bad",neutral
    a slow plot,positive

    """

  private func objects(_ tool: Tool) throws -> [[String: Any]] {
    #expect(tool.status == 0, "\(tool.errors)")
    return try tool.outputLines.map { line in
      try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  private func bench(_ arguments: String..., input: String? = nil) throws -> Tool {
    try Tool(
      ["bench", "--input", "-", "--format", "csv"] + arguments, input: Data((input ?? posts).utf8))
  }

  @Test func oneModelIsOneObject() throws {
    let found = try objects(
      try bench("--model", tinyModel(), "--rounds", "2", "--threads", "2", "--json", "--profile"))
    #expect(found.count == 1)
    let object = try #require(found.first)
    #expect(object["texts"] as? Int == 3)
    let rate = try #require(object["texts_per_second"] as? Double)
    let tokens = try #require(object["tokens"] as? Int)
    let tokenRate = try #require(object["tokens_per_second"] as? Double)
    #expect(abs(tokenRate / rate - Double(tokens) / 3) < 1e-6)
    let rounds = try #require(object["texts_per_second_by_round"] as? [Double])
    #expect(rounds.count == 2 && rounds.allSatisfy { $0 > 0 })
    #expect(abs(rate - (rounds[0] + rounds[1]) / 2) < 1e-6 * rate)
    let single = try #require(object["single_text_seconds"] as? [String: Double])
    #expect(single["count"] == 6)
    #expect(single["p50"]! > 0 && single["p50"]! <= single["p90"]!)
    #expect(single["p90"]! <= single["p99"]!)
    #expect(try #require(object["open_seconds"] as? Double) > 0)
    // A start takes more than opening the files.
    #expect(
      try #require(object["first_label_seconds"] as? Double) > object["open_seconds"] as! Double)
    // The program alone takes some megabytes, and a tiny model no hundreds.
    #expect(try ((4 << 20)...(400 << 20)).contains(#require(object["peak_memory_bytes"] as? Int)))
    #expect(try #require(object["parameters"] as? Int) > 0)
    #expect(try #require(object["file_bytes"] as? Int) > 0)
    #expect(object["speedup"] == nil && object["agreement"] == nil)
    #expect(try #require(object["accuracy"] as? Double) >= 0)
    #expect(object["weighted_f1"] is Double)
    let settings = try #require(object["settings"] as? [String: Any])
    #expect(settings["threads"] as? Int == 2 && settings["rounds"] as? Int == 2)
    #expect(object["blas_core"] is String && object["kernels"] is String)
    let profile = try #require(object["profile"] as? [String: Any])
    #expect(try #require(profile["peak_gflops_per_thread"] as? Double) > 0)
    let accounted = try #require(profile["accounted_share"] as? Double)
    #expect(accounted > 0 && accounted <= 1)
    let stages = try #require(profile["stages"] as? [[String: Any]])
    #expect(stages.count == 12)
    #expect(abs(stages.reduce(0) { $0 + ($1["share"] as! Double) } - 1) < 1e-6)
    let products = stages.filter { $0["gflops_per_thread"] != nil }
    #expect(
      products.map { $0["stage"] as? String } == [
        "queryKeyValue", "attention", "attentionOutput", "intermediate", "output", "head",
      ])
  }

  @Test func teacherAndStudentAreCompared() throws {
    let found = try objects(
      try bench(
        "--teacher", tinyModel(), "--student", tinyModel("bert-bf16"), "--model", tinyModel(),
        "--rounds", "1", "--json"))
    #expect(found.count == 3)
    let (teacher, student) = (found[0], found[1])
    #expect(teacher["model"] as? String == "teacher bert-safetensors")
    #expect(student["model"] as? String == "student bert-bf16")
    #expect(student["compared_with"] as? String == "teacher bert-safetensors")
    let rates = found.map { $0["texts_per_second"] as! Double }
    #expect(try abs(#require(student["speedup"] as? Double) - rates[1] / rates[0]) < 1e-9)
    // A model agrees with itself, and is as right.
    #expect(found[2]["agreement"] as? Double == 1)
    #expect(found[2]["score_difference"] as? [String: Double] == ["mean": 0, "largest": 0])
    #expect(teacher["score_difference"] == nil)
    #expect(found[2]["accuracy"] as? Double == teacher["accuracy"] as? Double)
    #expect((student["notes"] as? [String])?.contains { $0.contains("one round") } == true)
  }

  /// The accuracy of `evaluate`, from the same column.
  @Test func accuracyIsThatOfEvaluate() throws {
    let arguments = ["--model", tinyModel(), "--label-column", "label", "--json"]
    let found = try objects(
      try Tool(
        ["bench", "--input", "-", "--format", "csv", "--rounds", "1"] + arguments,
        input: Data(posts.utf8)))
    let evaluated = try Tool(
      ["evaluate", "--input", "-", "--format", "csv"] + arguments, input: Data(posts.utf8))
    let report = try #require(
      JSONSerialization.jsonObject(with: Data(evaluated.output.utf8)) as? [String: Any])
    #expect(found[0]["accuracy"] as? Double == report["accuracy"] as? Double)
    #expect(
      found[0]["weighted_f1"] as? Double == (report["weighted"] as? [String: Double])?["f1"])
  }

  @Test func randomWeightsNeedOnlyAShape() throws {
    let folder = try TemporaryFolder()
    let shape = try folder.model()
    for file in try FileManager.default.contentsOfDirectory(atPath: shape.path)
    where file.hasSuffix(".safetensors") {
      try FileManager.default.removeItem(at: shape.appending(path: file))
    }
    let found = try objects(
      try bench(
        "--random", shape.path, "--random", shape.path, "--rounds", "1", "--limit", "2", "--json"))
    #expect(found.count == 2)
    #expect(found[0]["random_weights"] as? Bool == true)
    #expect(found[0]["texts"] as? Int == 2)
    #expect(found[0]["parameters"] as? Int == found[1]["parameters"] as? Int)
    for name in ["open_seconds", "file_bytes", "accuracy", "agreement", "folder"] {
      #expect(found[1][name] == nil, "\(name)")
    }
    #expect(found[1]["speedup"] is Double)
    #expect(found[1]["model"] as? String == (found[0]["model"] as! String) + " (2)")
    // The same number as the files of such a model have.
    let stored = try objects(try bench("--model", tinyModel(), "--rounds", "1", "--json"))
    #expect(stored[0]["parameters"] as? Int == found[0]["parameters"] as? Int)
  }

  @Test func everyPrecisionTakesItsTurn() throws {
    let found = try objects(
      try bench("--model", tinyModel(), "--precision", "all", "--rounds", "1", "--json"))
    #expect(found.map { $0["precision"] as? String } == ["float32", "bf16x3", "bfloat16", "int8"])
    #expect(found[1]["agreement"] is Double)
    #expect(found[0]["score_difference"] == nil)
    // The scores that classify writes in each precision, whose difference is counted here.
    func scores(_ precision: String) throws -> [Double] {
      let tool = try Tool(
        [
          "classify", "--input", "-", "--format", "csv", "--output-format", "jsonl", "--scores",
          "all", "--model", tinyModel(), "--precision", precision,
        ], input: Data(posts.utf8))
      return try objects(tool).flatMap { row in
        row.filter { $0.key.hasPrefix("predicted_score_") }.sorted { $0.key < $1.key }
          .compactMap { $0.value as? Double }
      }
    }
    let exact = try scores("float32")
    try #require(exact.count == 9)
    for object in found.dropFirst() {
      let other = try scores(try #require(object["precision"] as? String))
      let differences = zip(exact, other).map { abs($0 - $1) }
      let told = try #require(object["score_difference"] as? [String: Double])
      #expect(try abs(#require(told["largest"]) - differences.max()!) < 1e-6)
      #expect(try abs(#require(told["mean"]) - differences.reduce(0, +) / 9) < 1e-6)
    }
  }

  @Test func bothProductsTakeTheirTurn() throws {
    let found = try objects(
      try bench(
        "--model", tinyModel(), "--precision", "all", "--products", "all", "--rounds", "1",
        "--json"))
    #expect(
      found.map { $0["precision"] as? String } == [
        "float32", "float32", "bf16x3", "bfloat16", "int8",
      ])
    let products = found.map { $0["products"] as? String ?? "" }
    #expect(products[1].hasPrefix("BLAS, ") && !products[0].hasPrefix("BLAS"))
    #expect(products.dropFirst(2).allSatisfy { !$0.isEmpty && !$0.hasPrefix("BLAS") })
    let names = found.map { $0["model"] as? String ?? "" }
    #expect(names[0].hasSuffix(" float32 engine") && names[1].hasSuffix(" float32 blas"))
    #expect(names[2].hasSuffix(" bf16x3") && found[1]["speedup"] is Double)
  }

  @Test func tablesAndPage() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write(posts, to: "<in>&.csv")
    let page = folder.url.appending(path: "bench.html").path
    let tool = try Tool(
      "bench", "--input", input, "--teacher", tinyModel(), "--student", tinyModel("bert-bf16"),
      "--rounds", "2", "--profile", "--report", page)
    #expect(tool.status == 0, "\(tool.errors)")
    for word in [
      "texts/s", "tokens/s", "one text, p99", "peak memory",
      "speed-up and agreement are over and with teacher bert-safetensors", "speed-up  ",
      "score difference, mean", "score difference, most",
      "weighted F1", "where the time of student bert-bf16 goes", "feed-forward in", "account for",
      "BLAS ", "kernels ", "2 rounds",
    ] {
      #expect(tool.output.contains(word), "\(word)")
    }
    let html = try folder.read("bench.html")
    #expect(html.contains("&lt;in&gt;&amp;.csv") && !html.contains("<in>"))
    #expect(!html.lowercased().contains("<script"))
    #expect(!html.contains("http") && !html.contains("src=") && !html.contains("url("))
    #expect(html.contains("prefers-color-scheme: dark"))
    #expect(html.matches(of: /<svg class="plot"/).count == 4)
    #expect(!html.contains("nan") && !html.contains("inf\""))
    #expect(HTMLStructure(html).isWellFormed)
    #expect(tool.errors.contains("report written to \(page)"))
    for words in [
      "<dt>Date</dt><dd>20", "<dd>cloud4bert ", "<dt>Processor</dt>", "<dt>Model 2</dt>",
    ] {
      #expect(html.contains(words), "\(words)")
    }
  }

  @Test func faultsAreNamed() throws {
    let folder = try TemporaryFolder()
    func expect(_ tool: Tool, _ words: String..., location: SourceLocation = #_sourceLocation) {
      #expect(tool.status == 1, sourceLocation: location)
      #expect(tool.output == "", sourceLocation: location)
      #expect(tool.errors.split(separator: "\n").count == 1, sourceLocation: location)
      for word in words {
        #expect(tool.errors.contains(word), "\(tool.errors)", sourceLocation: location)
      }
    }
    expect(try bench(input: "text\n"), "no rows")
    expect(try bench("--text-column", "body"), "'body'", "'text'")
    expect(try bench("--label-column", "gold"), "'gold'")
    expect(
      try bench("--model", tinyModel(), "--label-column", "label", input: "text,label\na,0\nb,\n"),
      "row 2", "--label-column")
    expect(
      try bench(
        "--model", tinyModel(), "--rounds", "1", "--label-column", "label",
        input: "text,label\na,0\nb,angry\n"), "row 2", "'angry'")
    expect(try bench("--model", tinyModel(), "--labels", "a,b", "--rounds", "1"), "2 labels", "3")
    expect(try bench("--model", "/no/such/folder"), "/no/such/folder")
    expect(try bench("--random", "bert-huge"), "bert-huge", "bert-base")
    expect(try bench("--report", "/no/such/folder/x.html"), "/no/such/folder/x.html")
    let broken = try folder.model()
    try Data("{".utf8).write(to: broken.appending(path: "config.json"))
    expect(try bench("--model", broken.path), "config.json")
    expect(try Tool("bench", "--input", "/no/such/file.csv"), "/no/such/file.csv")
  }

  /// A column called `label` whose labels are not the model's is no fault where nobody asked for it.
  @Test func otherLabelsAreLeftAlone() throws {
    let tool = try bench(
      "--model", tinyModel(), "--rounds", "1", "--json", input: "text,label\na,bug\nb,wish\n")
    let object = try #require(try objects(tool).first)
    #expect(object["accuracy"] == nil)
    #expect((object["notes"] as? [String])?.contains { $0.contains("--labels") } == true)
  }

  @Test func wrongUsageIsTwo() throws {
    for arguments in [
      [], ["--input", "x", "--rounds", "0"], ["--input", "x", "--limit", "0"],
      ["--input", "x", "--threads", "0"], ["--input", "x", "--label-column", "text"],
      ["--input", "x", "--report", "-"], ["--input", "x", "--labels", "a,,b"],
      ["--input", "x", "--precision", "float8"], ["text"],
    ] {
      let tool = try Tool(["bench"] + arguments, input: nil)
      #expect(tool.status == 2, "\(arguments)")
      #expect(tool.output == "")
    }
    #expect(try Tool("measure", input: "not for people\n").status == 2)
  }

  @Test func endsOnAnInterruption() throws {
    let folder = try TemporaryFolder()
    let output = folder.url.appending(path: "out")
    try Data().write(to: output)
    let input = try folder.write(posts, to: "posts.csv")
    let process = Process()
    process.executableURL = Tool.executable
    process.arguments = ["bench", "--input", input, "--model", tinyModel(), "--rounds", "1000"]
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = FileHandle.nullDevice
    try process.run()
    // Once it has a child, it is in the middle of its work.
    while Self.children(of: process.processIdentifier).isEmpty, process.isRunning {
      Thread.sleep(forTimeInterval: 0.02)
    }
    let children = Self.children(of: process.processIdentifier)
    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 130)
    #expect(try folder.read("out") == "")
    // And its child ends with it.
    let deadline = Date(timeIntervalSinceNow: 20)
    while children.contains(where: { kill($0, 0) == 0 }), Date.now < deadline {
      Thread.sleep(forTimeInterval: 0.02)
    }
    #expect(!children.contains { kill($0, 0) == 0 })
  }

  /// The processes that one has started, where the system tells (Linux).
  private static func children(of process: Int32) -> [Int32] {
    let threads = "/proc/\(process)/task"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: threads)) ?? []
    return names.flatMap { thread in
      let list = try? String(contentsOfFile: "\(threads)/\(thread)/children", encoding: .utf8)
      return (list ?? "").split(separator: " ").compactMap { Int32($0) }
    }
  }
}
