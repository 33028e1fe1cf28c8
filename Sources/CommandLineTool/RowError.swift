/// What is wrong with one of many texts, and which one it is.
struct RowError: Error, CustomStringConvertible {
  let place: String
  let cause: any Error

  var description: String { "\(place): \(cause)" }
}

extension Result {
  /// The success, or the failure with the place of its text.
  func get(at place: @autoclosure () -> String) throws(RowError) -> Success {
    do {
      return try get()
    } catch {
      throw RowError(place: place(), cause: error)
    }
  }
}
