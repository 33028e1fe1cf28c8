import Foundation
import TestSupport
import Testing

@Suite struct PrecisionTests {
  private static let text = "Thanks a lot, that fixed it!"

  private func score(_ arguments: [String], _ environment: [String: String] = [:]) throws -> Float {
    let tool = try Tool(["classify", Self.text] + arguments, input: nil, environment: environment)
    #expect(tool.status == 0, "\(tool.errors)")
    let fields = try #require(tool.outputLines.first).split(separator: "\t")
    #expect(fields.first == "positive")
    return try #require(Float(fields[1]))
  }

  @Test func everyPrecisionIsItsOwn() throws {
    let exact = try score(["--precision", "float32"])
    #expect(try score([]) == exact)
    #expect(try score(["--precision", "auto"]) == exact)
    #expect(try abs(score(["--precision", "bf16x3"]) - exact) < 1e-4)
    let rough = try score(["--precision", "bfloat16"])
    #expect(rough != exact && abs(rough - exact) < 0.01)
  }

  @Test func theEnvironmentChoosesTheKernel() throws {
    let scores = try ["portable", "amx_emulated"].map {
      try score(["--precision", "bfloat16"], ["CLOUD4BERT_PRODUCTS": $0])
    }
    #expect(abs(scores[0] - scores[1]) < 1e-3)
  }

  private static let texts = [
    "Thanks a lot, that fixed it!", "", "no", "It crashes again, whatever I try: \(text)",
    (0..<60).map { "word\($0)" }.joined(separator: " "), text, "1 2 3",
  ]

  private func scoresOfTexts(
    _ arguments: String..., environment: [String: String] = [:]
  ) throws -> String {
    let tool = try Tool(
      ["classify", "--precision", "int8", "--scores", "all", "--format", "txt"] + arguments,
      input: Data(Self.texts.map { $0 + "\n" }.joined().utf8), environment: environment)
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(tool.outputLines.count >= Self.texts.count)
    return tool.output
  }

  /// Names of what this processor has not leave the choice as it is.
  @Test func everyProductOfBytesGivesTheSameScores() throws {
    let scores = try scoresOfTexts()
    for kernel in ["avx512_vnni", "avx_vnni", "avx512", "avx2", "portable", "amx_emulated"] {
      #expect(
        try scoresOfTexts(environment: ["CLOUD4BERT_BYTE_PRODUCTS": kernel]) == scores, "\(kernel)")
    }
  }

  @Test func bytesDoNotDependOnTheBatchOrTheThreads() throws {
    let scores = try scoresOfTexts("--threads", "1")
    for tokens in ["1", "40", "100000"] {
      for threads in ["1", "2", "3"] {
        #expect(try scoresOfTexts("--threads", threads, "--batch-tokens", tokens) == scores)
      }
    }
  }

  @Test(arguments: ["float32", "bfloat16", "int8"])
  func numbersThatAreNoneAreRefused(_ precision: String) throws {
    let folder = try TemporaryFolder()
    let model = try folder.model()
    let file = model.appending(path: "model.safetensors")
    var data = try Data(contentsOf: file)
    let length = Int(data.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    let header = try #require(
      JSONSerialization.jsonObject(with: data[8..<8 + length]) as? [String: Any])
    let entry = try #require(
      header["bert.embeddings.word_embeddings.weight"] as? [String: Any])
    let offsets = try #require(entry["data_offsets"] as? [Int])
    let words = try String(contentsOf: model.appending(path: "vocab.txt"), encoding: .utf8)
    let id = try #require(words.split(separator: "\n").firstIndex(of: "good"))
    // The third of 16 numbers.
    let place = 8 + length + offsets[0] + (id * 16 + 2) * 4
    withUnsafeBytes(of: Float.nan.bitPattern.littleEndian) {
      data.replaceSubrange(place..<place + 4, with: $0)
    }
    try data.write(to: file)
    let options = ["classify", "--model", model.path, "--precision", precision]
    #expect(try Tool(options + ["a film"], input: nil).status == 0)
    let refused = try Tool(options + ["a good film"], input: nil)
    #expect(refused.status == 1 && refused.output == "")
    #expect(refused.errors.contains("infinite or not a number"))
  }

  @Test(arguments: [
    ["embed", "--precision", "bfloat16", "a text"], ["embed", "--precision", "bf16x3", "a text"],
    ["embed", "--precision", "int8", "a text"],
    [
      "fill-mask", "--precision", "bf16x3", "--model", tinyModel("bert-pretraining"),
      "a [MASK] text",
    ],
    [
      "next-sentence", "--precision", "bfloat16", "--model", tinyModel("bert-pretraining"), "a",
      "b",
    ],
  ])
  func otherCommandsTakeItToo(_ arguments: [String]) throws {
    let reduced = try Tool(arguments, input: nil)
    #expect(reduced.status == 0, "\(reduced.errors)")
    let exact = try Tool(
      arguments.map { $0.hasPrefix("bf") || $0 == "int8" ? "float32" : $0 }, input: nil)
    #expect(exact.status == 0)
    #expect(reduced.output != exact.output)
  }

  @Test func evaluateTakesItToo() throws {
    let tool = try Tool(
      "evaluate", "--precision", "bfloat16", "--input", "-", "--format", "csv",
      input: "text,label\n\(Self.text.replacing(",", with: "")),positive\n")
    #expect(tool.status == 0, "\(tool.errors)")
  }

  @Test func anotherWordIsWrongUsage() throws {
    let tool = try Tool("classify", "--precision", "float64", "a")
    #expect(tool.status == 2)
    #expect(tool.errors.contains("bf16x3"))
  }

  /// Sums in another order differ in their last bits, which the logits of many texts show.
  @Test func blasAndTheEngineMultiplyInSinglePrecision() throws {
    func answers(_ arguments: [String], _ environment: [String: String] = [:]) throws -> String {
      let tool = try Tool(
        ["embed", "--pooling", "mean", "A text of some words."] + arguments, input: nil,
        environment: environment)
      #expect(tool.status == 0, "\(tool.errors)")
      return tool.output
    }
    let (blas, engine) = (
      try answers(["--products", "blas"]), try answers(["--products", "engine"])
    )
    #expect(blas != engine)
    let automatic = try answers([])
    #expect(try answers(["--products", "auto"]) == automatic)
    #expect(automatic == blas || automatic == engine)
    // Kernels that do not beat BLAS leave it the products that nobody chose.
    let portable = ["CLOUD4BERT_KERNELS": "portable"]
    #expect(
      try answers([], portable) == answers(["--products", "blas"], portable))
    #expect(try answers([], portable) != answers(["--products", "engine"], portable))
  }

  @Test(arguments: [
    ["classify", "--products", "blas", "--precision", "bfloat16", "a"],
    ["embed", "--products", "blas", "--precision", "bf16x3", "a"],
    ["bench", "--products", "blas", "--precision", "all", "--input", "x"],
  ])
  func blasIsForSinglePrecision(_ arguments: [String]) throws {
    let tool = try Tool(arguments, input: nil)
    #expect(tool.status == 2)
    #expect(tool.errors.contains("--products blas is for float32: BLAS has no products in b"))
  }
}
