/// An error whose message tells which row it is about.
protocol PlacedError: Error {}

/// What is wrong with one of many texts, and which one it is.
struct RowError: PlacedError, CustomStringConvertible {
  let place: String
  let cause: any Error

  var description: String { "\(place): \(OptionRemedy.message(of: cause))" }
}

extension Result {
  /// The success, or the failure with the place of its text.
  func get(at place: @autoclosure () -> String) throws -> Success {
    do {
      return try get()
    } catch let error as any PlacedError {
      throw error
    } catch {
      throw RowError(place: place(), cause: error)
    }
  }
}
