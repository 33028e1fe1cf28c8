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

  /// Not a file in it that is missing.
  @Test(arguments: [
    ["classify", "x"], ["embed", "x"], ["fill-mask", "[MASK]"], ["next-sentence", "x", "y"],
    ["tokenize", "x"], ["info"],
  ])
  func aFolderThatIsNotThere(arguments: [String]) throws {
    let tool = try Tool(arguments + ["--model", "./no-such"], input: nil)
    #expect(tool.status == 1)
    #expect(tool.errors.contains("no-such: no such folder; name a folder"), "\(tool.errors)")
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

  @Test func infoTakesTheModelAsAnArgument() throws {
    let named = try Tool("info", "--model", tinyModel())
    let given = try Tool("info", tinyModel())
    #expect(given.status == 0, "\(given.errors)")
    #expect(given.output == named.output)
    #expect(try Tool("info", tinyModel(), "--model", tinyModel()).status == 2)
    #expect(try Tool("info", "/no/such/folder").errors.contains("/no/such/folder"))
  }

  @Test func infoPrintsAnObject() throws {
    let tool = try Tool("info", tinyModel(), "--json")
    #expect(tool.status == 0, "\(tool.errors)")
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(tool.output.utf8)) as? [String: Any])
    let model = try #require(object["model"] as? [String: Any])
    #expect(model["labels"] as? [String] == ["negative", "neutral", "positive"])
    #expect(model["hidden_size"] as? Int == 16 && model["layers"] as? Int == 2)
    #expect(model["folder"] as? String == tinyModel())
    let file = try #require((model["files"] as? [[String: Any]])?.first)
    let size = try FileManager.default.attributesOfItem(
      atPath: tinyModel() + "/model.safetensors")[.size]
    #expect(file["name"] as? String == "model.safetensors")
    #expect(file["bytes"] as? Int == (size as? NSNumber)?.intValue)
    let version = try Tool("--version").outputLines.first
    #expect(object["version"] as? String == version)
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

  @Test func infoTellsWhatMultipliesInSinglePrecision() throws {
    for (kernels, automatic) in [("portable", "blas, which"), ("", "")] {
      let environment = kernels.isEmpty ? [:] : ["CLOUD4BERT_KERNELS": kernels]
      let tool = try Tool("info", environment: environment)
      #expect(tool.status == 0)
      #expect(tool.output.contains("Products auto       \(automatic)"), "\(tool.output)")
      #expect(tool.output.contains("Products blas       BLAS, "))
      #expect(tool.output.contains("Products engine     \(kernels)"))
    }
    let json = try Tool("info", "--json", environment: ["CLOUD4BERT_KERNELS": "portable"])
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    let products = try #require(
      (object["processor"] as? [String: Any])?["products"] as? [String: String])
    #expect(products["auto"] == "blas" && products["engine"] == "portable")
    #expect(products["blas"]?.hasPrefix("BLAS, ") == true)
    #expect(products["reason"]?.contains("faster than the engine's portable kernels") == true)
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

  @Test(arguments: [
    ("checkpoints/bert-bare", "embed, fit --features-from, train, tokenize"),
    ("checkpoints/bert-token-classification", "embed, fit --features-from, train, tokenize"),
    (
      "checkpoints/bert-safetensors",
      "classify, evaluate, bench, distil --teacher, embed, fit --features-from, train, tokenize"
    ),
    (
      "checkpoints/bert-multi-label",
      "classify, evaluate, bench, embed, fit --features-from, train, tokenize"
    ),
    (
      "heads/bert-pretraining",
      "fill-mask, distil --objective mlm --teacher, next-sentence, embed, fit --features-from, train, "
        + "tokenize"
    ),
    ("heads/bert-next-sentence", "next-sentence, embed, fit --features-from, train, tokenize"),
    (
      "heads/distilbert-masked-lm-f16",
      "fill-mask, distil --objective mlm --teacher, embed, fit --features-from, train, tokenize"
    ),
  ])
  func infoTellsWhatAModelIsGoodFor(model: String, commands: String) throws {
    let tool = try Tool("info", "--model", fixturesFolder.appending(path: model).path)
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(tool.outputLines.contains { $0.hasPrefix("Good for") && $0.hasSuffix("  \(commands)") })
    #expect(tool.output.contains("\nLabels") == commands.hasPrefix("classify"))
  }

  @Test func benchSaysWhatItMeasures() throws {
    let folder = try TemporaryFolder()
    let texts = folder.url.appending(path: "texts.txt").path
    try Data("a good film\n".utf8).write(to: URL(filePath: texts))
    let model = fixturesFolder.appending(path: "heads/bert-pretraining").path
    let tool = try Tool("bench", "--input", texts, "--model", model)
    #expect(tool.status == 1)
    #expect(tool.errors.contains("bench measures classifiers, and this is 'BertForPreTraining'"))
    #expect(tool.errors.contains("--random \(model)"))
  }

  @Test func aFileIsNoModel() throws {
    let file = fixturesFolder.appending(path: "checkpoints/bert-bin/pytorch_model.bin").path
    for command in [["classify", "x"], ["tokenize", "x"], ["info"]] {
      let tool = try Tool(command + ["--model", file], input: nil)
      #expect(tool.status == 1)
      #expect(tool.errors.contains("name the folder that it is in"))
    }
  }

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
