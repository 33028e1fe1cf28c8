import Files
import Foundation
import Tensors
import Testing

@Suite struct WeightTests {
  private func temporaryFile(_ values: [Float]) throws -> String {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "weights-\(UUID().uuidString)").path
    try values.withUnsafeBytes { try Data($0).write(to: URL(filePath: path)) }
    return path
  }

  @Test func usesAMappedFileInPlace() throws {
    let path = try temporaryFile([0, 1, 2, 3, 4, 5, 6])
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try MappedFile(path: path)
    let weight = try #require(Weight(mapping: file, byteOffset: 4, rows: 2, columns: 3))
    #expect(weight.row(0) == [1, 2, 3])
    #expect(weight.row(1) == [4, 5, 6])
  }

  @Test func refusesWhatReachesOutsideTheFile() throws {
    let path = try temporaryFile([0, 1, 2, 3])
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try MappedFile(path: path)
    #expect(Weight(mapping: file, byteOffset: 4, rows: 2, columns: 2) == nil)
    #expect(Weight(mapping: file, byteOffset: 2, rows: 1, columns: 1) == nil)
    #expect(Weight(mapping: file, byteOffset: -4, rows: 1, columns: 1) == nil)
    #expect(Weight(mapping: file, byteOffset: 0, rows: .max, columns: 8) == nil)
    #expect(Weight(mapping: file, byteOffset: 0, rows: 1 << 40, columns: 1 << 40) == nil)
    #expect(
      StoredMatrix(mapping: file, byteOffset: 0, element: .bfloat16, rows: 3, columns: 3) == nil)
    for (offset, rows, columns) in [(4, 3, 5000), (-4, 1, 1), (0, 1 << 40, 1 << 40), (0, 0, 4)] {
      #expect(
        StoredMatrix(
          mapping: file, byteOffset: offset, element: .float32, rows: rows, columns: columns)
          == nil)
    }
    #expect(
      StoredMatrix(mapping: file, byteOffset: 1, element: .bfloat16, rows: 7, columns: 1) != nil)
  }
}
