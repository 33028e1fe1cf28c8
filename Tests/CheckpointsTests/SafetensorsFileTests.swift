import Foundation
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct SafetensorsFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func file(_ header: String, dataCount: Int, length: Int? = nil) -> [UInt8] {
    littleEndian(length ?? header.utf8.count, 8) + Array(header.utf8)
      + (0..<dataCount).map { UInt8(truncatingIfNeeded: $0) }
  }

  private func read(_ bytes: [UInt8]) throws -> [StoredTensor] {
    try SafetensorsFile.tensors(in: try folder.map(bytes))
  }

  private func entry(_ type: String, _ shape: String, _ offsets: String) -> String {
    #"{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}"#
  }

  @Test func findsTensorsInPlace() throws {
    let header =
      #"{"__metadata__":{"format":"pt"},"b":\#(entry("I64", "[1]", "[12,20]")),"#
      + #""a":\#(entry("F16", "[2,3]", "[0,12]")),"s":\#(entry("F32", "[]", "[20,24]")),"#
      + #""e":\#(entry("BF16", "[0,7]", "[24,24]"))}   "#
    let tensors = try read(file(header, dataCount: 24)).sorted { $0.name < $1.name }
    #expect(tensors.map(\.name) == ["a", "b", "e", "s"])
    #expect(tensors.map(\.elementType) == [.float16, .int64, .bfloat16, .float32])
    #expect(tensors.map(\.shape) == [[2, 3], [1], [0, 7], []])
    #expect(tensors.map(\.elementCount) == [6, 1, 0, 1])
    #expect(tensors[0].strides == [3, 1])
    #expect(tensors[0].isContiguous)
    let start = 8 + header.utf8.count
    #expect(tensors.map { $0.byteOffset - start } == [0, 12, 24, 20])
    #expect(try tensors[3].floats() == [Float(bitPattern: 0x1716_1514)])
    #expect(try tensors[2].floats() == [])
    #expect(checkpointError { _ = try tensors[1].floats() }?.kind == .mismatched)
  }

  @Test func readsEveryElementType() throws {
    let types = ["F32", "F16", "BF16", "F64", "I64", "I32", "I16", "I8", "U8", "BOOL"]
    for (name, type) in zip(types, ElementType.allCases) {
      let size = type.byteCount * 3
      let tensors = try read(file(#"{"a":\#(entry(name, "[3]", "[0,\(size)]"))}"#, dataCount: size))
      #expect(tensors.map(\.elementType) == [type])
    }
  }

  @Test func acceptsAFileWithoutTensors() throws {
    #expect(try read(file("{}", dataCount: 0)).isEmpty)
    // As the reference implementation does.
    #expect(try read(file(#"{"__metadata__":null}"#, dataCount: 0)).isEmpty)
  }

  @Test(arguments: [
    ("{\"a\":E}", "F32", "[2]", "[0,8]", 7, "ends at byte 8"),
    ("{\"a\":E}", "F32", "[2]", "[0,8]", 9, "of which tensors name 8"),
    ("{\"a\":E}", "F32", "[2]", "[4,12]", 12, "leaves a hole"),
    ("{\"a\":E,\"b\":E}", "F32", "[2]", "[0,8]", 8, "overlaps"),
    ("{\"a\":E}", "F32", "[2]", "[0,4]", 4, "takes 8"),
    ("{\"a\":E}", "F32", "[2]", "[8,0]", 8, "a start and an end"),
    ("{\"a\":E}", "F32", "[2]", "[0]", 8, "a start and an end"),
    ("{\"a\":E}", "F32", "[-2]", "[0,8]", 8, "is expected"),
    ("{\"a\":E}", "F32", "[2.0]", "[0,8]", 8, "is expected"),
    ("{\"a\":E}", "F32", "[2]", "[-8,0]", 8, "is expected"),
    ("{\"a\":E}", "F32", "[2]", "[0,1e400]", 8, "has inf in"),
    ("{\"a\":E}", "F32", "[4611686018427387904]", "[0,0]", 0, "too large to count"),
    ("{\"a\":E}", "F32", "[4294967296,4294967296]", "[0,0]", 0, "too large to count"),
    ("{\"a\":E}", "F32", "[99999999999999999999]", "[0,0]", 0, "is expected"),
    ("{\"a\":E}", "U8", "[9223372036854775807]", "[0,9223372036854775807]", 8, "ends at byte"),
    ("{\"a\":E}", "F8_E4M3", "[8]", "[0,8]", 8, "'F8_E4M3'"),
    ("{\"a\":[E]}", "F32", "[2]", "[0,8]", 8, "must have just"),
    ("{\"a\":E,\"a\":E}", "F32", "[2]", "[0,8]", 8, "stands twice"),
    ("{\"__metadata__\":1,\"a\":E}", "F32", "[2]", "[0,8]", 8, "object is expected"),
    ("{\"__metadata__\":{\"x\":1},\"a\":E}", "F32", "[2]", "[0,8]", 8, "string is expected"),
    (" {\"a\":E}", "F32", "[2]", "[0,8]", 8, "does not begin with '{'"),
    ("{\"a\":E", "F32", "[2]", "[0,8]", 0, "not valid JSON"),
  ])
  func refuses(
    _ pattern: String, type: String, shape: String, offsets: String, dataCount: Int,
    problem: String
  ) {
    let header = pattern.replacingOccurrences(of: "E", with: entry(type, shape, offsets))
    let error = checkpointError { _ = try read(file(header, dataCount: dataCount)) }
    #expect(error?.problem.contains(problem) == true, "\(error?.description ?? "no error")")
  }

  @Test func refusesHeadersThatLieAboutTheirLength() {
    for (length, problem) in [
      (Int.max, "at most"), (-1, "at most"), (100_000_001, "at most"), (3, "has only"),
      (0, "does not begin"), (1, "not valid JSON"),
    ] {
      let error = checkpointError { _ = try read(file("{}", dataCount: 0, length: length)) }
      #expect(
        error?.problem.contains(problem) == true, "\(length): \(error?.description ?? "none")")
    }
    for count in 1..<10 {
      let cut = Array(file("{}", dataCount: 0).prefix(count))
      #expect(checkpointError { _ = try read(cut) }?.kind == .malformed, "\(count) bytes")
    }
  }

  @Test func knowsAGitLFSPointer() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    let error = checkpointError { _ = try read(Array(pointer.utf8)) }
    #expect(error?.kind == .malformed)
    #expect(error?.remedy?.contains("git lfs pull") == true)
  }

  @Test func refusesEveryTruncation() throws {
    let whole = try fixture("bert-bf16/model.safetensors")
    for count in stride(from: 1, to: whole.count, by: 251) {
      #expect(checkpointError { _ = try read(Array(whole.prefix(count))) }?.kind == .malformed)
    }
  }

  @Test func survivesDamagedFiles() throws {
    var mutator = Mutator(
      seed: 2,
      tokens: [
        "\"dtype\":\"F64\"", "\"shape\":[]", "\"data_offsets\":[0,", "[", "{", "}",
        "9223372036854775807",
        "-1", "1e400", "__metadata__",
      ])
    let small =
      #"{"__metadata__":{"format":"pt"},"a":\#(entry("F16", "[2,3]", "[0,12]")),"#
      + #""b":\#(entry("F32", "[1]", "[12,16]"))}"#
    let originals = [file(small, dataCount: 16), try fixture("bert-bf16/model.safetensors")]
    var accepted = 0
    for i in 0..<mutationCount(default: 2000) {
      // The header is where damage counts: mostly it alone is mutated, its length mended.
      let original = originals[i % 8 == 0 ? 1 : 0]
      var bytes = original
      if i % 4 == 0 {
        bytes = mutator.mutate(original)
      } else {
        let length = Int(littleEndian: original)
        let header = mutator.mutate(Array(original[8..<8 + length]))
        bytes = littleEndian(header.count, 8)
        bytes += header
        bytes += original[(8 + length)...]
      }
      if bytes.isEmpty { continue }
      _ = checkpointError {
        for tensor in try read(bytes) where tensor.elementType.isFloatingPoint {
          #expect(try tensor.floats().count == tensor.elementCount)
        }
        accepted += 1
      }
    }
    print("safetensors: \(accepted) damaged files accepted")
  }
}

extension Int {
  /// The first eight bytes as a little-endian integer.
  init(littleEndian bytes: [UInt8]) {
    self = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}
