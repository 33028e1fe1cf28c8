import Foundation
import TestSupport
import Testing

@Suite struct EmbedTests {
  /// The header's words and the numbers of a NumPy array file.
  private func npy(_ file: URL) throws -> (header: String, data: Data) {
    let bytes = try Data(contentsOf: file)
    #expect(Array(bytes.prefix(8)) == [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0])
    let length = Int(bytes[8]) | Int(bytes[9]) << 8
    #expect((10 + length) % 64 == 0)
    let header = String(decoding: bytes[10..<10 + length], as: UTF8.self)
    #expect(header.hasSuffix("\n"))
    return (header, Data(bytes[(10 + length)...]))
  }

  private func floats(_ data: Data) -> [Float] {
    data.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 4).map {
        bytes.loadUnaligned(fromByteOffset: $0, as: Float.self)
      }
    }
  }

  private func vectors(_ output: String) throws -> [[Float]] {
    try output.split(separator: "\n").map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return try #require(object?["embedding"] as? [NSNumber]).map(\.floatValue)
    }
  }

  private let texts = (0..<50).map { String(repeating: "a good film ", count: $0 % 4) + "\($0)" }

  @Test func layersMayBeCountedFromTheLast() throws {
    func embed(_ layer: String) throws -> [[Float]] {
      let tool = try Tool(
        "embed", "--model", tinyModel("bert-bare"), "--layer", layer, "a good film")
      #expect(tool.status == 0, "\(tool.errors)")
      return try vectors(tool.output)
    }
    #expect(try embed("-2") == embed("1"))
    #expect(try embed("-1") != embed("1"))
  }

  @Test func everyFormatHoldsTheSameNumbers() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write(texts.joined(separator: "\n") + "\n", to: "in.txt")
    func embed(_ name: String, _ more: String...) throws {
      let tool = try Tool(
        [
          "embed", "--model", tinyModel("bert-bare"), "--input", input, "--threads", "2",
          "--batch-tokens", "30", "--output", folder.url.appending(path: name).path,
        ] + more,
        input: nil)
      #expect(tool.status == 0 && tool.output == "" && tool.errors == "", "\(tool.errors)")
    }
    for name in ["a.npy", "a.safetensors", "a.jsonl", "a.csv"] { try embed(name) }

    let (header, data) = try npy(folder.url.appending(path: "a.npy"))
    #expect(header.hasPrefix("{'descr': '<f4', 'fortran_order': False, 'shape': (50, 16), }"))
    let expected = floats(data)
    #expect(expected.count == 50 * 16)
    #expect(try vectors(folder.read("a.jsonl")).flatMap { $0 } == expected)
    let table = try folder.read("a.csv").split(separator: "\n").map { $0.split(separator: ",") }
    #expect(table[0].count == 17 && table[0][0] == "row" && table[0][16] == "feature_15")
    #expect(table.dropFirst().flatMap { $0.dropFirst().map { Float($0)! } } == expected)
    #expect(table.dropFirst().map { Int($0[0])! } == Array(1...50))
    let tensors = try Data(contentsOf: folder.url.appending(path: "a.safetensors"))
    let length = tensors.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
    let entries = try JSONSerialization.jsonObject(with: tensors[8..<8 + length]) as? [String: Any]
    let entry = try #require(entries?["embeddings"] as? [String: Any])
    #expect(entry["shape"] as? [Int] == [50, 16])
    #expect(floats(Data(tensors[(8 + length)...])) == expected)

    try embed("t.npy", "--pooling", "none")
    try embed("t.safetensors", "--pooling", "none")
    let tokens = try npy(folder.url.appending(path: "t.npy")).data
    let offsets = try npy(folder.url.appending(path: "t.offsets.npy"))
    #expect(offsets.header.contains("'<i8'") && offsets.header.contains("(51,)"))
    let last = offsets.data.suffix(8).withUnsafeBytes { $0.loadUnaligned(as: Int64.self) }
    #expect(Int(last) * 16 * 4 == tokens.count)
    let both = try Data(contentsOf: folder.url.appending(path: "t.safetensors"))
    #expect(both.dropFirst(512) == tokens + offsets.data)
  }

  @Test func textsAsArguments() throws {
    let tool = try Tool(
      "embed", "--model", tinyModel("bert-bare"), "--pooling", "cls", "--normalize", "a \"b\"", "c")
    #expect(tool.status == 0)
    #expect(tool.outputLines[0].hasPrefix(#"{"row":1,"text":"a \"b\"","embedding":["#))
    for vector in try vectors(tool.output) {
      #expect(vector.count == 16)
      #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    }
  }

  @Test func noRowsAreAnEmptyArray() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write("text,id\n", to: "in.csv")
    for name in ["e.npy", "e.safetensors"] {
      let tool = try Tool(
        "embed", "--model", tinyModel("bert-bare"), "--input", input, "--output",
        folder.url.appending(path: name).path)
      #expect(tool.status == 0)
    }
    #expect(try npy(folder.url.appending(path: "e.npy")).header.contains("(0, 16)"))
  }

  @Test func whatAFaultLeavesIsWhole() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write("text,id\na,1\nb,2\nc\n", to: "in.csv")
    let output = folder.url.appending(path: "out.npy")
    let tool = try Tool(
      "embed", "--model", tinyModel("bert-bare"), "--input", input, "--output", output.path)
    #expect(tool.status == 1)
    #expect(tool.errors.contains("row 3") && tool.errors.contains("holds 2 rows"))
    let (header, data) = try npy(output)
    #expect(header.contains("(2, 16)") && data.count == 2 * 64)
  }

  @Test func whatCtrlCLeavesIsWhole() throws {
    let folder = try TemporaryFolder()
    let rows = (0..<400_000).map { "some words of text \($0)" }.joined(separator: "\n")
    let input = try folder.write(rows, to: "in.txt")
    let output = folder.url.appending(path: "out.npy")
    let process = Process()
    process.executableURL = Tool.executable
    process.arguments = [
      "embed", "--model", tinyModel("bert-bare"), "--input", input, "--output", output.path,
    ]
    process.standardError = FileHandle.nullDevice
    try process.run()
    while ((try? Data(contentsOf: output).count) ?? 0) < 5000, process.isRunning {
      // Not a task's sleep, which other tests could make longer than the job.
      Thread.sleep(forTimeInterval: 0.02)
    }
    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    let (header, data) = try npy(output)
    #expect(data.count > 0 && data.count < 400_000 * 64)
    #expect(header.contains("'shape': (\(data.count / 64), 16)"))
    #expect(data.count % 64 == 0)
  }

  @Test func wrongUsageIsTwo() throws {
    for arguments in [
      ["embed"], ["embed", "x", "--input", "y"], ["embed", "x", "--output", "y.xyz"],
      ["embed", "x", "--output-format", "npy"], ["embed", "x", "--pooling", "sum"],
      ["embed", "x", "--pooling", "none", "--output", "y.csv"],
    ] {
      let tool = try Tool(arguments, input: nil)
      #expect(tool.status == 2, "\(arguments)")
    }
  }

  @Test func aPipeTakesNoArray() throws {
    let tool = try Tool(
      "embed", "x", "--model", tinyModel("bert-bare"), "--output", "/dev/null", "--output-format",
      "npy")
    #expect(tool.status == 1)
    #expect(tool.errors.contains("/dev/null is not a regular file"))
  }

  @Test func distilBertHasNoPooler() throws {
    let tool = try Tool(
      "embed", "x", "--model", tinyModel("distilbert-safetensors"), "--pooling", "pooler")
    #expect(tool.status == 1)
    #expect(tool.errors.contains("DistilBERT models have no pooler"))
  }

  @Test func aFolderOfSentenceTransformersSaysHow() throws {
    let model = try SentenceModel("prompts")
    func embed(_ arguments: String...) throws -> [Float] {
      let tool = try Tool(
        ["embed", "--model", model.url.path, "--precision", "float32", "a film"] + arguments,
        input: nil)
      #expect(tool.status == 0 && tool.errors == "", "\(tool.errors)")
      return try vectors(tool.output)[0]
    }
    func plain(_ text: String) throws -> [Float] {
      let tool = try Tool(
        "embed", "--model", tinyModel("bert-bare"), "--precision", "float32", text)
      return try vectors(tool.output)[0]
    }
    #expect(try embed("--truncate-dim", "16") == plain("the film: a film"))
    #expect(try embed() == Array(plain("the film: a film").prefix(7)))
    #expect(
      try embed("--truncate-dim", "16", "--prompt-name", "passage") == plain("very greata film"))
    #expect(try embed("--truncate-dim", "16", "--prompt", "") == plain("a film"))
    let normalized = try embed("--normalize")
    #expect(abs(normalized.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    let tool = try Tool(
      "embed", "--model", model.url.path, "x", "--prompt", "a", "--prompt-name", "query")
    #expect(tool.status == 2)
    let unknown = try Tool("embed", "--model", model.url.path, "x", "--prompt-name", "poem")
    #expect(unknown.status == 1 && unknown.errors.contains("has no prompt 'poem'"))
  }

  @Test func normalizationMayBeTurnedOff() throws {
    let model = try SentenceModel("pooling-mean")
    let off = try Tool("embed", "--model", model.url.path, "--no-normalize", "a film")
    let plain = try Tool("embed", "--model", tinyModel("bert-bare"), "a film")
    #expect(off.status == 0 && off.output == plain.output)
    let on = try Tool("embed", "--model", model.url.path, "a film")
    #expect(on.output != plain.output)
  }

  @Test func infoTellsWhatItWouldDo() throws {
    func info(_ name: String) throws -> [String] {
      let model = try SentenceModel(name)
      let tool = try Tool("info", "--model", model.url.path)
      #expect(tool.status == 0, "\(tool.errors)")
      return tool.outputLines.map { line in
        line.split(separator: " ").joined(separator: " ")
      }
    }
    let prompts = try info("prompts")
    #expect(
      prompts.contains("Embeddings 7 numbers: pooling mean, then the first 7 of 16 numbers"))
    #expect(prompts.contains("Prompt query: 'the film: ' (the default)"))
    let legacy = try info("legacy-layout")
    #expect(legacy.contains("Longest to embed 7 tokens"))
    #expect(legacy.contains { $0.hasPrefix("Embeddings 96 numbers: pooling cls + max + mean + ") })
    let plain = try Tool("info", "--model", tinyModel("bert-bare"))
    #expect(plain.output.contains("pooling mean\n"))
  }
}
