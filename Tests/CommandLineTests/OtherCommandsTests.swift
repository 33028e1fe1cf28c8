import Foundation
import TestSupport
import Testing

@Suite struct OtherCommandsTests {
  @Test func tokenizePrintsIdsAndTokens() throws {
    let tool = try Tool("tokenize", "Héllo wörld!", "[MASK]")
    #expect(tool.status == 0)
    #expect(
      tool.outputLines[0]
        == #"{"ids":[101,7592,2088,999,102],"tokens":["[CLS]","hello","world","!","[SEP]"]}"#)
    #expect(tool.outputLines[1] == #"{"ids":[101,103,102],"tokens":["[CLS]","[MASK]","[SEP]"]}"#)
  }

  @Test func tokenizeReadsFilesToo() throws {
    let tool = try Tool(
      "tokenize", "--input", "-", "--format", "jsonl", input: #"{"text": "a \"b\""}"# + "\n")
    #expect(tool.status == 0)
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(tool.output.utf8)) as? [String: Any])
    #expect(object["tokens"] as? [String] == ["[CLS]", "a", "\"", "b", "\"", "[SEP]"])
  }

  @Test func infoTellsOfLibrariesProcessorAndModel() throws {
    let tool = try Tool("info")
    #expect(tool.status == 0)
    for word in [
      "BLAS core type", "Kernels", "DistilBertForSequenceClassification", "17,3", "512 tokens",
      "negative, neutral, positive", "model.safetensors", "bfloat16", "softmax",
    ] {
      #expect(tool.output.contains(word), "\(word)")
    }
  }

  @Test func infoTellsWhatComputesInEachPrecision() throws {
    let tool = try Tool("info", environment: ["CLOUD4BERT_PRODUCTS": "portable"])
    #expect(tool.status == 0)
    for line in [
      "Precision auto      float32", "Precision bf16x3    portable, no faster than float32 here",
      "Precision bfloat16  portable, no faster than float32 here", "AMX  ",
    ] {
      #expect(tool.output.contains(line), "\(line)")
    }
  }

  #if os(Linux)
    @Test(arguments: ["info", "--help"])
    func aFullDiskIsNoSuccess(_ argument: String) throws {
      let process = Process()
      process.executableURL = URL(filePath: "/bin/sh")
      process.arguments = [
        "-c", "\"$0\" \"$1\" > /dev/full 2> /dev/null", Tool.executable.path, argument,
      ]
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 1)
    }
  #endif

  @Test func labelsMoveNoCursor() throws {
    let folder = try TemporaryFolder()
    let model = try folder.model {
      $0["id2label"] = ["0": "a\u{1b}]0;x\u{7}", "1": "b\n", "2": "c"]
      $0["label2id"] = nil
      $0["architectures"] = ["\u{9b}2J"]
    }
    let tool = try Tool("info", "--model", model)
    #expect(tool.status == 0)
    #expect(tool.output.contains(#"Labels              a\u{1b}]0;x\u{7}, b\u{a}, c"#))
    #expect(tool.output.contains(#"Architecture        \u{9b}2J"#))
  }

  /// Where OpenBLAS and the processor have something to lose.
  static let hasAVX512: Bool = {
    guard let info = try? Tool("info").output else { return false }
    return info.contains("avx512f") && !info.contains("Accelerate")
  }()

  @Test func infoSaysWhichVariablesDoNothing() throws {
    let tool = try Tool(
      "info", environment: ["CLOUD4BERT_KERNELS": "avx9000", "CLOUD4BERT_PRODUCTS": "portable"])
    #expect(tool.output.contains("CLOUD4BERT_KERNELS=avx9000 names no kernels that run here"))
    #expect(!tool.output.contains("CLOUD4BERT_PRODUCTS=portable names"))
  }

  @Test(.enabled(if: hasAVX512))
  func infoSaysWhenAVariableSlowsOpenBLASDown() throws {
    let held = try Tool("info", environment: ["OPENBLAS_CORETYPE": "Haswell"])
    #expect(held.output.contains("OPENBLAS_CORETYPE=Haswell holds OpenBLAS to Haswell"))
    let wide = try Tool("info", environment: ["OPENBLAS_CORETYPE": "SkylakeX"])
    #expect(!wide.output.contains("Note"))
  }
}
