/// The columns of a table, shared by all its records.
final class DelimitedHeader: Sendable {
  let names: [String]
  /// By bytes: Swift holds strings equal that Unicode holds equivalent, and other readers do not.
  private let positions: [[UInt8]: [Int]]

  init(names: [String]) {
    self.names = names
    var positions: [[UInt8]: [Int]] = [:]
    for (index, name) in names.enumerated() {
      positions[Array(name.utf8), default: []].append(index)
    }
    self.positions = positions
  }

  /// Where the column is: of several with the name the last one, as Python's DictReader has it.
  func index(of name: String) -> Int? {
    positions[Array(name.utf8)]?.last
  }

  /// Where the one column of this name is.
  ///
  /// - Parameter separator: What separates the fields, where a message should tell it.
  /// - Throws: ``RecordError/missingColumn(name:file:columns:separator:)`` and
  ///   ``RecordError/ambiguousColumn(name:file:count:)``.
  func index(
    ofOnly name: String, in file: String, separator: String? = nil
  ) throws(RecordError) -> Int {
    let found = positions[Array(name.utf8)] ?? []
    if found.count > 1 { throw .ambiguousColumn(name: name, file: file, count: found.count) }
    guard let index = found.first else {
      throw .missingColumn(name: name, file: file, columns: names, separator: separator)
    }
    return index
  }
}
