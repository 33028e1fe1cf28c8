import Files
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct SafetensorsWriterTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

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

  @Test func roundsToTheNearestBFloat16() throws {
    // Halfway cases on both sides, the largest number that stays finite and the first that does not.
    var numbers: [Float] = [
      0, -0.0, 1, 1.00390625, 1.01171875, -1.00390625, .init(bitPattern: 0x7F7F_7FFF),
      .init(bitPattern: 0x7F7F_8000), .infinity, -.infinity, .leastNonzeroMagnitude,
    ]
    var bits: UInt32 = 1
    for _ in 0..<2000 {
      bits = bits &* 1_664_525 &+ 1_013_904_223
      let number = Float(bitPattern: bits)
      if number.isFinite { numbers += [number, Float(bitPattern: bits | 0x8000 & ~0x7FFF)] }
    }
    let path = folder.url.appending(path: "rounded.safetensors").path
    let tensor = NewTensor(name: "a", shape: [numbers.count], values: numbers)
    try SafetensorsWriter.write([tensor.roundedToBFloat16()], to: path)
    let stored = try StoredTensors(safetensors: path)
    #expect(stored["a"]?.elementType == .bfloat16)
    for (number, rounded) in zip(numbers, try stored.floats("a", shape: [numbers.count])) {
      let down = Float(bitPattern: number.bitPattern & 0xFFFF_0000)
      let up = Float(bitPattern: (number.bitPattern & 0xFFFF_0000) &+ 0x1_0000)
      let (below, above) = (abs(Double(number) - Double(down)), abs(Double(up) - Double(number)))
      let isEven = down.bitPattern & 0x1_0000 == 0
      if number.magnitude > 0x1.FEp127 {
        // Past the largest bfloat16 the halfway point is what the next power of two would give.
        let isNear = number.bitPattern & 0xFFFF < 0x8000
        #expect(rounded == (number.isInfinite || isNear ? down : up))
      } else {
        #expect(rounded == (below < above || below == above && isEven ? down : up), "\(number)")
      }
    }
    let notNumbers = NewTensor(name: "a", shape: [1], values: [.init(bitPattern: 0x7F80_0001)])
    let other = folder.url.appending(path: "nan.safetensors").path
    try SafetensorsWriter.write([notNumbers.roundedToBFloat16()], to: other)
    #expect(try StoredTensors(safetensors: other).floats("a", shape: [1])[0].isNaN)
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
