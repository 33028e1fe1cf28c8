import Checkpoints
import Cloud4Bert
import Foundation
import Tensors
import TestSupport
import Transformers

private let models = fixturesFolder.appending(path: "checkpoints")

private let configurationTokens = [
  "\"hidden_size\"", "\"dim\"", "\"vocab_size\"", "\"num_labels\"", "\"id2label\"", "distilbert",
  "bert", "\"pad_token_id\"", "\"torch_dtype\"", "\"architectures\"", "\"problem_type\"",
]

extension FuzzedReader {
  /// `config.json`, the weights of either kind, and their index.
  static let modelReaders = [
    FuzzedReader(
      name: "config",
      corpus: fixtures(
        "checkpoints/bert-safetensors/config.json", "checkpoints/distilbert-bin/config.json",
        "checkpoints/bert-multi-label/config.json"),
      tokens: configurationTokens
    ) { bytes, scratch in
      try scratch.write(bytes, "config.json")
      _ = try ModelConfiguration(folder: scratch.folder)
      var file = try ConfigurationFile(folder: scratch.folder)
      file.becomeClassifier(labels: ["a", "b"])
      precondition(!file.text.isEmpty)
    },
    FuzzedReader(
      name: "model", corpus: fixtures("checkpoints/bert-safetensors/config.json"),
      tokens: configurationTokens
    ) { bytes, scratch in
      let copy = try scratch.copy(of: models.appending(path: "bert-safetensors"))
      try copy.write(bytes, "config.json")
      let options = TextClassifier.Options(threads: 1, precision: .float32)
      let classifier = try TextClassifier(folder: copy.folder, options: options)
      _ = try classifier.classifyBlocking("a good film", pair: "it works")
    },
    FuzzedReader(
      name: "sentence-configuration",
      corpus: [Array(#"{"max_seq_length": 128, "do_lower_case": false}"#.utf8)],
      tokens: ["\"max_seq_length\"", "\"do_lower_case\""]
    ) { bytes, scratch in
      try scratch.write(bytes, "sentence_bert_config.json")
      _ = try SentenceConfiguration(folder: scratch.folder)
    },
    sentenceReader("sentence-modules", "modules.json"),
    sentenceReader("sentence-pooling", "1_Pooling/config.json"),
    sentenceReader("sentence-dense", "3_Dense/config.json"),
    sentenceReader("sentence-prompts", "config_sentence_transformers.json"),
    FuzzedReader(
      name: "safetensors",
      corpus: [safetensors(header: Array(safetensorsHeader.utf8))],
      tokens: safetensorsTokens
    ) { bytes, scratch in
      try scratch.write(bytes, "model.safetensors")
      try readAll(scratch)
    },
    FuzzedReader(
      name: "safetensors-header", corpus: [Array(safetensorsHeader.utf8)],
      tokens: safetensorsTokens
    ) { bytes, scratch in
      // With the length that it has, else most are refused for that.
      try scratch.write(safetensors(header: bytes), "model.safetensors")
      try readAll(scratch)
    },
    FuzzedReader(
      name: "index", corpus: fixtures("checkpoints/bert-sharded/model.safetensors.index.json"),
      tokens: ["\"weight_map\"", "../", "model-00001-of-00002.safetensors"]
    ) { bytes, scratch in
      let copy = try scratch.copy(of: models.appending(path: "bert-sharded"))
      try copy.write(bytes, "model.safetensors.index.json")
      try readAll(copy)
    },
    FuzzedReader(
      name: "zip",
      corpus: fixtures(
        "checkpoints/torch-files/layouts.bin", "checkpoints/torch-files/zip64.bin",
        "checkpoints/torch-files/nested.bin"),
      tokens: ["PK\u{1}\u{2}", "PK\u{3}\u{4}", "PK\u{5}\u{6}", "PK\u{6}\u{6}", "PK\u{6}\u{7}"],
      isText: false
    ) { bytes, scratch in
      try scratch.write(bytes, "pytorch_model.bin")
      try readAll(scratch)
    },
    FuzzedReader(
      name: "pickle", corpus: pickles, tokens: pickleTokens, isText: false
    ) { bytes, scratch in
      let archive = ZipWriter().archive([
        ("x/data.pkl", bytes), ("x/byteorder", Array("little".utf8)),
        ("x/data/0", [UInt8](repeating: 1, count: 24)),
      ])
      try scratch.write(archive, "pytorch_model.bin")
      try readAll(scratch)
    },
    FuzzedReader(
      name: "legacy-torch",
      corpus: fixtures(
        "checkpoints/torch-files/legacy-layouts.bin", "checkpoints/torch-files/legacy.bin",
        "checkpoints/torch-files/legacy-nested.bin"),
      tokens: pickleTokens, isText: false
    ) { bytes, scratch in
      try scratch.write(bytes, "pytorch_model.bin")
      try readAll(scratch)
    },
  ]

  private static func sentenceReader(_ name: String, _ file: String) -> FuzzedReader {
    FuzzedReader(
      name: name, corpus: fixtures("sentence-transformers/dense/\(file)"),
      tokens: [
        "\"path\"", "\"type\"", "sentence_transformers.models.Pooling", "../", "\"pooling_mode\"",
        "\"pooling_mode_cls_token\"", "\"in_features\"", "\"prompts\"",
        "torch.nn.modules.linear.Identity",
      ]
    ) { bytes, scratch in
      let copy = try scratch.copy(
        of: fixturesFolder.appending(path: "sentence-transformers/dense"),
        leavingOut: ["expected.json"])
      try copy.write(bytes, file)
      _ = try SentenceModules(folder: copy.folder)
    }
  }

  /// Every number of every tensor.
  private static func readAll(_ scratch: Scratch) throws {
    let checkpoint = try Checkpoint(folder: scratch.folder)
    for name in checkpoint.names {
      guard let tensor = checkpoint[name] else { fatalError("\(name) is named and not there") }
      guard tensor.elementType.isFloatingPoint else { continue }
      let numbers = try tensor.floats()
      precondition(numbers.count == tensor.elementCount)
      tensor.releasePages()
    }
  }

  private static let pickleTokens = [
    "ctorch._utils\n_rebuild_tensor_v2\n", "ctorch._utils\n_rebuild_parameter\n", "cos\nsystem\n",
    "ccollections\nOrderedDict\n", "ctorch\nHalfStorage\n", "(", "t", "R", "}", "s", "Q", "u", "b",
    "h\u{1}", "q\u{1}", ".", "0", "2", "N", "K\u{2}", "]", "e", ")",
  ]

  /// The pickles inside of files of torch, which begin with protocol 2 and end in `u.` or `s.`.
  private static let pickles: [[UInt8]] = {
    struct Case: Decodable { let file: Data }
    let file = fixturesFolder.appending(path: "pickles.json")
    guard let cases = try? JSONDecoder().decode([Case].self, from: Data(contentsOf: file)) else {
      fatalError("no fixture pickles.json")
    }
    return cases.compactMap { item in
      let bytes = [UInt8](item.file)
      // The first entry, as long as its header says.
      guard bytes.count > 30 else { return nil }
      let size = (18..<22).reversed().reduce(0) { $0 << 8 | Int(bytes[$1]) }
      let start = 30 + Int(bytes[26]) + Int(bytes[28])
      return Array(bytes[start..<start + size])
    }
  }()

  private static let safetensorsTokens = [
    "\"dtype\":\"F64\"", "\"dtype\":\"BF16\"", "\"shape\":[", "\"data_offsets\":[",
    "__metadata__",
  ]

  private static let safetensorsHeader =
    #"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"#
    + #""b":{"dtype":"BF16","shape":[0,7],"data_offsets":[24,24]},"#
    + #""c":{"dtype":"F64","shape":[],"data_offsets":[24,32]},"#
    + #""d":{"dtype":"I64","shape":[1,1],"data_offsets":[32,40]},"#
    + #""e":{"dtype":"F16","shape":[1,4],"data_offsets":[40,48]}}   "#

  private static func safetensors(header: [UInt8]) -> [UInt8] {
    littleEndian(header.count, 8) + header + [UInt8](repeating: 0x3F, count: 48)
  }
}
