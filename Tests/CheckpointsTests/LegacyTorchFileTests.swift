import Files
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

/// What is particular to the format from before PyTorch 1.6; `TorchFileTests` reads its files too.
@Suite struct LegacyTorchFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func read(_ bytes: [UInt8]) throws -> [StoredTensor] {
    try TorchFile.tensors(in: try folder.map(bytes))
  }

  private func text(_ string: String) -> [UInt8] {
    [0x58] + littleEndian(string.utf8.count, 4) + Array(string.utf8)
  }

  private func pickle(_ body: [UInt8]) -> [UInt8] { [0x80, 2] + body + [0x2E] }

  private var magic: [UInt8] {
    pickle([0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19])
  }

  /// `_rebuild_tensor_v2` of six numbers in the storage of this key.
  private func tensor(_ key: String, type: String = "FloatStorage", count: Int = 6) -> [UInt8] {
    let parts: [[UInt8]] = [
      Array("ctorch._utils\n_rebuild_tensor_v2\n((".utf8), text("storage"),
      Array("ctorch\n\(type)\n".utf8), text(key), text("cpu"), [0x8A, 8], littleEndian(count, 8),
      Array("NtQK".utf8), [0, 0x4B, 6, 0x85, 0x4B, 1, 0x85, 0x89],
      Array("ccollections\nOrderedDict\n)RtR".utf8),
    ]
    return parts.flatMap { $0 }
  }

  /// The pickles of a state dict of the `tensors`, and of the storages' `keys`.
  private func head(
    _ tensors: [[UInt8]], version: [UInt8] = [0x4D, 0xE9, 3], keys: [UInt8]
  ) -> [UInt8] {
    var state: [UInt8] = [0x7D]
    for (i, tensor) in tensors.enumerated() { state += text("w\(i)") + tensor + [0x73] }
    return magic + pickle(version) + pickle([0x7D]) + pickle(state) + pickle(keys)
  }

  private func list(_ keys: String...) -> [UInt8] {
    [0x5D, 0x28] + keys.flatMap { text($0) } + [0x65]
  }

  private func storage(_ count: Int, numbers: Int = 6) -> [UInt8] {
    littleEndian(count, 8) + (0..<numbers).flatMap { littleEndian(Int(Float($0).bitPattern), 4) }
  }

  @Test func acceptsTheHandMadeFile() throws {
    // In the order of the list, not of the tensors; 'b' is 'a' times zero.
    let bytes =
      head([tensor("a"), tensor("b"), tensor("a")], keys: list("b", "a"))
      + littleEndian(6, 8) + [UInt8](repeating: 0, count: 24) + storage(6)
    let tensors = try read(bytes)
    #expect(tensors.map(\.name) == ["w0", "w1", "w2"])
    #expect(try tensors[0].floats() == [0, 1, 2, 3, 4, 5])
    #expect(try tensors[1].floats() == [0, 0, 0, 0, 0, 0])
    #expect(tensors[2].byteOffset == tensors[0].byteOffset)
    // Mapped, not copied.
    #expect(tensors[0].byteOffset == bytes.count - 24)
    #expect(tensors[0].file.count == bytes.count)
  }

  @Test func refusesStoragesAtOddsWithThePickle() throws {
    let one = { head([tensor("a")], keys: list("a")) }
    let files: [(String, [UInt8], String)] = [
      ("size", one() + storage(7), "has 7 elements in the storage 'a'"),
      ("negative", one() + storage(-6), "has -6 elements"),
      ("no size", one() + [6, 0, 0, 0, 0, 0, 0], "ends before the end of the storage 'a'"),
      ("nothing", one(), "ends before the end of the storage 'a'"),
      ("cut short", one() + storage(6).dropLast(), "ends before the end of the storage 'a'"),
      (
        "overflow", head([tensor("a", count: .max)], keys: list("a")) + storage(.max),
        "ends before the end of the storage 'a'"
      ),
      ("unlisted", head([tensor("a")], keys: [0x5D]), "'a', which is not in the file"),
      (
        "twice", head([tensor("a")], keys: list("a", "a")) + storage(6) + storage(6),
        "lists the storage 'a' twice"
      ),
      ("unknown", head([tensor("a")], keys: list("b")) + storage(6), "none of the state dict's"),
      ("no text", head([tensor("a")], keys: [0x5D, 0x4E, 0x61]) + storage(6), "none of the state"),
      ("no list", head([tensor("a")], keys: [0x4E]) + storage(6), "has no list of storages"),
      (
        "two types", head([tensor("a"), tensor("a", type: "IntStorage")], keys: list("a")),
        "has two sizes or types"
      ),
      (
        "two sizes", head([tensor("a"), tensor("a", count: 5)], keys: list("a")),
        "has two sizes or types"
      ),
      (
        "small", head([tensor("a", count: 5)], keys: list("a")) + storage(5, numbers: 5),
        "has 6 elements in a storage of 5"
      ),
      ("version", head([], version: [0x4E], keys: [0x5D]), "that is not 1001"),
      ("empty", head([], keys: [0x5D]), "holds a dictionary without tensors"),
      ("only magic", magic, "is damaged: the pickle has no end"),
      ("half", Array(one().prefix(magic.count + 40)), "is damaged"),
    ]
    expectProblems(with: files) { _ = try read($0) }
  }

  @Test func survivesDamagedFiles() throws {
    var mutator = Mutator(
      seed: 5,
      tokens: [
        "ctorch._utils\n_rebuild_tensor_v2\n", "ctorch\nDoubleStorage\n", "cos\nsystem\n", "(", "t",
        "R", "}", "]", "s", "e", "a", "Q", "N", "u", "h\u{1}", "q\u{1}", ".",
      ])
    let files = try ["legacy-layouts", "legacy-nested", "legacy-protocol4"].map {
      try fixture("torch-files/\($0).bin")
    }
    var accepted = 0
    for i in 0..<mutationCount(default: 2000) {
      let bytes = mutator.mutate(files[i % files.count])
      if bytes.isEmpty { continue }
      let error = checkpointError {
        for tensor in try read(bytes) where tensor.elementType.isFloatingPoint {
          #expect(try tensor.floats().count == tensor.elementCount)
        }
        accepted += 1
      }
      if let error { #expect(!error.description.contains("\n")) }
    }
    #expect(accepted > 0)
    print("legacy torch: \(accepted) damaged files accepted")
  }
}
