import Files
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct EmbeddingTableTests {
  /// Small whole numbers, which every stored form holds exactly.
  private static let rows = 700
  private static let columns = 803
  private static let values: [Float] = {
    var generator = SeededGenerator(seed: 1)
    return (0..<rows * columns).map { _ in Float(Int.random(in: -4...4, using: &generator)) }
  }()

  private func file(_ element: StoredFloat, padding: Int) throws -> MappedFile {
    var data = Data(repeating: 0, count: padding)
    for value in Self.values {
      switch element {
      case .float32:
        withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
      case .bfloat16:
        let bits = UInt16(value.bitPattern >> 16)
        withUnsafeBytes(of: bits.littleEndian) { data.append(contentsOf: $0) }
      case .float16:
        // 1 to 4 have the exponents 0 to 2 and at most one bit of fraction.
        let bits = value.bitPattern
        let half =
          value == 0
          ? 0
          : UInt16(bits >> 16 & 0x8000) | UInt16((bits >> 23 & 0xFF) - 112) << 10
            | UInt16(bits >> 13 & 0x3FF)
        withUnsafeBytes(of: half.littleEndian) { data.append(contentsOf: $0) }
      }
    }
    let url = FileManager.default.temporaryDirectory.appending(path: "table-\(UUID().uuidString)")
    try data.write(to: url)
    // The mapping outlives the name.
    defer { try? FileManager.default.removeItem(at: url) }
    return try MappedFile(path: url.path)
  }

  @Test(arguments: [
    (StoredFloat.float32, 0), (.float32, 4), (.float32, 1), (.bfloat16, 0), (.bfloat16, 1),
    (.float16, 0), (.float16, 3),
  ])
  func theProductIsThatOfTheValues(_ element: StoredFloat, _ padding: Int) throws {
    let matrix = try #require(
      StoredMatrix(
        mapping: file(element, padding: padding), byteOffset: padding, element: element,
        rows: Self.rows, columns: Self.columns))
    let table = EmbeddingTable(matrix)
    let input = Matrix(rows: 3, columns: Self.columns)
    for row in 0..<3 {
      for column in 0..<Self.columns { input[row, column] = Float((row + column) % 5 - 2) }
    }
    let expected = (0..<3).map { row in
      (0..<Self.rows).map { word in
        (0..<Self.columns).reduce(Float(0)) {
          $0 + Self.values[word * Self.columns + $1] * input[row, $1]
        }
      }
    }
    for team in [nil, Team(size: 3)] {
      let workspace = Workspace()
      workspace.team = team
      let output = workspace.matrix(rows: 3, columns: Self.rows)
      table.product(input, into: output, workspace: workspace)
      // Whole numbers this small add up without rounding.
      for row in 0..<3 { #expect(output.row(row) == expected[row]) }
    }
  }

  @Test func aWeightInMemoryIsATableToo() {
    let table = EmbeddingTable(StoredMatrix(Weight([[1, 2], [3, 4], [5, 6]])))
    let output = Matrix(rows: 1, columns: 3)
    table.product(Matrix([[1, -1]]), into: output, workspace: Workspace())
    #expect(output.row(0) == [-1, -1, -1])
    table.product(
      Matrix(rows: 0, columns: 2), into: Matrix(rows: 0, columns: 3), workspace: Workspace())
  }
}
