import Files
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct TorchFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func read(_ bytes: [UInt8]) throws -> [StoredTensor] {
    try TorchFile.tensors(in: try folder.map(bytes))
  }

  private func read(fixture name: String) throws -> [StoredTensor] {
    try read(try fixture("torch-files/\(name)"))
  }

  /// What `torch.load` gave for the same file.
  private struct Expected: Decodable {
    let dtype: String
    let shape: [Int]
    let values: [String]
  }

  @Test(arguments: ["layouts", "legacy-layouts"])
  func readsEveryLayoutAsTorchDoes(name: String) throws {
    let expected = try JSONDecoder().decode(
      [String: Expected].self, from: Data(try fixture("torch-files/\(name).json")))
    let tensors = try read(fixture: "\(name).bin")
    #expect(Set(tensors.map(\.name)) == Set(expected.keys))
    for tensor in tensors {
      guard let wanted = expected[tensor.name] else { continue }
      #expect(tensor.elementType.name == wanted.dtype, "\(tensor.name)")
      #expect(tensor.shape == wanted.shape, "\(tensor.name)")
      if tensor.elementType.isFloatingPoint {
        let values = try wanted.values.map { try #require(Float($0)) }
        #expect(try tensor.floats().map(\.bitPattern) == values.map(\.bitPattern), "\(tensor.name)")
      } else {
        #expect(throws: CheckpointError.self) { try tensor.floats() }
      }
    }
    let contiguous = Set(tensors.filter(\.isContiguous).map(\.name))
    #expect(contiguous.isSuperset(of: ["plain", "offset", "scalar", "empty", "parameter"]))
    #expect(contiguous.isDisjoint(with: ["transposed", "column", "block", "permuted"]))
  }

  @Test(arguments: [
    "nested", "protocol3", "protocol4", "protocol5", "zip64", "legacy", "legacy-nested",
    "legacy-protocol4",
  ])
  func readsOtherWaysOfWriting(name: String) throws {
    let tensors = try read(fixture: "\(name).bin")
    #expect(tensors.map(\.name) == ["weight"])
    #expect(try tensors[0].floats() == (0..<24).map(Float.init))
  }

  @Test(arguments: [
    ("os-system", CheckpointError.Kind.refused, "refused: the pickle names 'posix.system'"),
    ("eval", .refused, "refused: the pickle names 'builtins.eval'"),
    ("module", .refused, "refused: the pickle names 'torch.nn.modules.linear.Linear'"),
    ("deflated", .unsupported, "is a compressed zip entry (method 8)"),
    ("expanded", .malformed, "has 1000000 elements in a storage of 1"),
    ("legacy-os-system", .refused, "refused: the pickle names 'posix.system'"),
    ("legacy-module", .refused, "refused: the pickle names 'torch.nn.modules.linear.Linear'"),
    ("legacy-big-endian", .unsupported, "was written on a big-endian machine"),
    ("legacy-version", .unsupported, "that is not 1001"),
    ("legacy-view", .unsupported, "has a storage that is a view of another"),
  ])
  func refuses(name: String, kind: CheckpointError.Kind, problem: String) {
    let error = checkpointError { _ = try read(fixture: "\(name).bin") }
    #expect(error?.kind == kind)
    #expect(error?.problem.contains(problem) == true, "\(error?.description ?? "no error")")
  }

  /// What `torch.load` reads of a file that torch.save would not write so, or nil where it refuses it
  /// (`Scripts/fixtures/torch_pickles.py`).
  private struct HandMadeCase: Decodable {
    let name: String
    let file: Data
    let values: [String: [Float]]?
    let isSound: Bool
  }

  @Test func nothingIsReadOtherwiseThanTorchReadsIt() throws {
    let cases = try JSONDecoder().decode(
      [HandMadeCase].self, from: Data(contentsOf: fixturesFolder.appending(path: "pickles.json")))
    #expect(cases.count > 40)
    for file in cases {
      let comment = Comment(rawValue: file.name)
      do {
        var values: [String: [Float]] = [:]
        for tensor in try read([UInt8](file.file)) { values[tensor.name] = try tensor.floats() }
        #expect(values == file.values, comment)
      } catch {
        #expect(error is CheckpointError, comment)
        #expect(!file.isSound, "\(file.name): \(error)")
      }
    }
  }

  @Test(arguments: [
    ("negated", "has a tensor with metadata"), ("hooks", "has a tensor with backward hooks"),
    ("parameter with a state", "has a parameter with a state"),
    ("two types of one storage", "has two sizes or types"),
    ("a tensor that is a number later", "stands twice"),
    ("attributes", "an OrderedDict with attributes"),
  ])
  func saysWhatTorchReadsOtherwise(name: String, problem: String) throws {
    let cases = try JSONDecoder().decode(
      [HandMadeCase].self, from: Data(contentsOf: fixturesFolder.appending(path: "pickles.json")))
    let file = try #require(cases.first { $0.name == name })
    let error = checkpointError { _ = try read([UInt8](file.file)) }
    #expect(error?.description.contains(problem) == true, "\(error?.description ?? "no error")")
  }

  // MARK: Hand-made files

  /// A state dict of one tensor, `w`, over a float32 storage of `numbers` zeros.
  private func bytes(
    offset: [UInt8] = [0x4B, 0], shape: [UInt8], strides: [UInt8], storage: String = "FloatStorage",
    key: String = "0", announced: Int = 6, numbers: Int = 6, byteOrder: String = "little"
  ) -> [UInt8] {
    func text(_ string: String) -> [UInt8] {
      [0x58] + littleEndian(string.utf8.count, 4) + Array(string.utf8)
    }
    var pickle: [UInt8] = [0x80, 2] + Array("}".utf8) + text("w")
    pickle += Array("ctorch._utils\n_rebuild_tensor_v2\n((".utf8) + text("storage")
    pickle += Array("ctorch\n\(storage)\n".utf8) + text(key) + text("cpu")
    pickle += Array("J".utf8) + littleEndian(announced, 4) + Array("tQ".utf8)
    pickle += offset + shape + strides + [0x89] + Array("ccollections\nOrderedDict\n)RtRs.".utf8)
    return ZipWriter().archive([
      ("x/data.pkl", pickle), ("x/byteorder", Array(byteOrder.utf8)),
      ("x/data/0", [UInt8](repeating: 0, count: numbers * 4)),
    ])
  }

  /// A tuple of 8-byte integers.
  private func tuple(_ integers: Int...) -> [UInt8] {
    [0x28] + integers.flatMap { [0x8A, 8] + littleEndian($0, 8) } + [0x74]
  }

  @Test func acceptsTheHandMadeFile() throws {
    let tensors = try read(bytes(shape: tuple(2, 3), strides: tuple(3, 1)))
    #expect(tensors.map(\.shape) == [[2, 3]])
    #expect(try tensors[0].floats() == [0, 0, 0, 0, 0, 0])
  }

  @Test func refusesTensorsThatReachOutside() {
    let long = { (n: Int) in [0x8A, 8] + littleEndian(n, 8) }
    let files: [(String, [UInt8], String)] = [
      ("offset", bytes(offset: long(1), shape: tuple(2, 3), strides: tuple(3, 1)), "reaches past"),
      ("offset -1", bytes(offset: long(-1), shape: tuple(2), strides: tuple(1)), "reaches past"),
      ("offset max", bytes(offset: long(.max), shape: tuple(2), strides: tuple(1)), "reaches past"),
      ("empty", bytes(offset: long(7), shape: tuple(0), strides: tuple(1)), "reaches past"),
      ("stride", bytes(shape: tuple(2, 3), strides: tuple(4, 1)), "reaches past"),
      ("stride max", bytes(shape: tuple(2, 3), strides: tuple(.max, .max)), "reaches past"),
      ("stride -1", bytes(shape: tuple(2, 3), strides: tuple(-3, 1)), "has the shape"),
      ("rank", bytes(shape: tuple(2, 3), strides: tuple(1)), "has the shape"),
      ("shape -1", bytes(shape: tuple(-2, -3), strides: tuple(3, 1)), "has the shape"),
      ("shape", bytes(shape: tuple(1 << 32, 1 << 32), strides: tuple(0, 0)), "has the shape"),
      ("repeated", bytes(shape: tuple(7), strides: tuple(0)), "has 7 elements"),
      ("size", bytes(shape: tuple(6), strides: tuple(1), announced: 7), "has a storage of 7"),
      ("negative", bytes(shape: tuple(6), strides: tuple(1), announced: -1), "persistent id"),
      (
        "type", bytes(shape: tuple(6), strides: tuple(1), storage: "DoubleStorage"),
        "has a storage of 6 x 8"
      ),
      ("key", bytes(shape: tuple(6), strides: tuple(1), key: "../0"), "not in the file"),
      ("order", bytes(shape: tuple(6), strides: tuple(1), byteOrder: "big"), "byte order 'big'"),
    ]
    expectProblems(with: files) { _ = try read($0) }
  }

  @Test func saysWhatIsNotAStateDictionary() throws {
    let files: [(String, [UInt8], String)] = [
      ("text", Array("not a zip archive at all".utf8), "is not a zip archive"),
      ("no pickle", ZipWriter().archive([("x/version", [0x33])]), "0 entries"),
      (
        "two pickles", ZipWriter().archive([("x/data.pkl", [0x4E]), ("y/data.pkl", [0x4E])]),
        "2 entries"
      ),
      ("none", ZipWriter().archive([("x/data.pkl", [0x4E, 0x2E])]), "holds no dictionary"),
      ("empty", ZipWriter().archive([("x/data.pkl", [0x7D, 0x2E])]), "without tensors"),
    ]
    expectProblems(with: files) { _ = try read($0) }
  }

  @Test func survivesDamagedFiles() throws {
    var mutator = Mutator(
      seed: 3,
      tokens: [
        "ctorch._utils\n_rebuild_tensor_v2\n", "cos\nsystem\n", "(", "t", "R", "}", "s", "Q", "u",
        "PK\u{1}\u{2}", "PK\u{3}\u{4}", "PK\u{5}\u{6}", "h\u{1}", "q\u{1}", ".", "0", "2",
      ])
    let names = ["layouts", "nested", "protocol4", "zip64"]
    let files = try names.map { try fixture("torch-files/\($0).bin") }
    // For damage to the pickle alone, in an archive that stays sound.
    let archives = try files.map { bytes in
      let archive = try ZipArchive(try folder.map(bytes))
      return archive.entries.sorted { $0.value.lowerBound < $1.value.lowerBound }
        .map { (name: $0.key.string, data: archive.file.bytes(in: $0.value)) }
    }
    var accepted = 0
    for i in 0..<mutationCount(default: 2000) {
      var bytes: [UInt8]
      if i % 2 == 0 {
        bytes = mutator.mutate(files[i / 2 % files.count])
      } else {
        var entries = archives[i / 2 % archives.count]
        let pickle = try #require(entries.firstIndex { $0.name.hasSuffix("data.pkl") })
        entries[pickle].data = mutator.mutate(entries[pickle].data)
        bytes = ZipWriter(usesZip64: i % 4 == 1).archive(entries)
      }
      if bytes.isEmpty { continue }
      let error = checkpointError {
        for tensor in try read(bytes) where tensor.elementType.isFloatingPoint {
          #expect(try tensor.floats().count == tensor.elementCount)
        }
        accepted += 1
      }
      if let error { #expect(!error.description.contains("\n")) }
    }
    print("torch: \(accepted) damaged files accepted")
  }
}
