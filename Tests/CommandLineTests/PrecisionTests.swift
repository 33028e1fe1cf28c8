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

  @Test(arguments: [
    ["embed", "--precision", "bfloat16", "a text"], ["embed", "--precision", "bf16x3", "a text"],
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
    let exact = try Tool(arguments.map { $0.hasPrefix("bf") ? "float32" : $0 }, input: nil)
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
