import Records

/// What is wrong with one row, and where that row is.
struct RowError: Error, CustomStringConvertible {
  let place: RecordPlace
  let cause: any Error

  var description: String { "\(place): \(cause)" }
}

extension Result {
  /// The success, or the failure with the place of its row.
  func get(of record: Record, in file: String) throws(RowError) -> Success {
    do {
      return try get()
    } catch {
      throw RowError(
        place: RecordPlace(file: file, row: record.row, line: record.line), cause: error)
    }
  }
}
