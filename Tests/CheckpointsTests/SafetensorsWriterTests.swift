import Foundation
import StrictJSON
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct SafetensorsWriterTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  @Test(arguments: ["bert-safetensors/model.safetensors", "bert-bf16/model.safetensors"])
  func copiesReadBackTheSame(_ name: String) throws {
    let tensors = try SafetensorsFile.tensors(in: try folder.map(fixture(name)))
      .sorted { $0.name < $1.name }
    let path = folder.url.appending(path: "model.safetensors").path
    let added = NewTensor(name: "zz \"ü\"", shape: [2, 1], values: [1.5, -0.0])
    try SafetensorsWriter.write(
      tensors.map { NewTensor(name: $0.name, copying: $0) } + [added], to: path)
    let copies = try SafetensorsFile.tensors(in: MappedFile(path: path))
      .sorted { $0.name < $1.name }
    #expect(copies.map(\.name) == tensors.map(\.name) + [added.name])
    for (copy, tensor) in zip(copies, tensors) {
      #expect(copy.elementType == tensor.elementType)
      #expect(copy.shape == tensor.shape)
      #expect(try copy.floats() == tensor.floats())
    }
    #expect(try copies.last?.floats() == [1.5, -0.0])
    #expect(throws: FileError.self) { try SafetensorsWriter.write([added], to: path) }
  }

  @Test func stridesAndFloat64BecomePlainFloat32() throws {
    let tensors = try TorchFile.tensors(in: folder.map(fixture("torch-files/layouts.bin")))
      .filter { ["transposed", "double", "half"].contains($0.name) }
    #expect(tensors.count == 3)
    let path = folder.url.appending(path: "model.safetensors").path
    try SafetensorsWriter.write(tensors.map { NewTensor(name: $0.name, copying: $0) }, to: path)
    let copies = try SafetensorsFile.tensors(in: MappedFile(path: path))
    for tensor in tensors {
      let copy = try #require(copies.first { $0.name == tensor.name })
      #expect(copy.elementType == (tensor.name == "half" ? .float16 : .float32))
      #expect(try copy.floats() == tensor.floats())
    }
  }

  @Test func aHeaderMayHaveRoomToSpare() throws {
    let header = SafetensorsHeader(
      entries: [.init(name: "a", elementType: .float32, shape: [1, 2])])
    #expect(header.bytes().count % 8 == 0)
    let bytes = header.bytes(size: 256)
    #expect(bytes.count == 256)
    let tensors = try SafetensorsFile.tensors(
      in: folder.map(bytes + [UInt8](repeating: 0, count: 8)))
    #expect(tensors.map(\.byteOffset) == [256])
  }

  @Test func jsonReadsBackTheSame() throws {
    let value = JSON.object([
      "": .array([.null, .bool(true), .integer(-7), .number(1e-12), .number(0.1), .array([])]),
      "q\"\\\u{1}\n ü🙂": .object(["x": .object([:]), "y": .string("\u{7F}/")]),
    ])
    for indentation in [nil, 2] {
      #expect(try JSON(parsing: Array(value.text(indentation: indentation).utf8)) == value)
    }
  }
}
