/// The error of a type that `body` throws; nil where it throws none. (`#expect(throws:)` gives it back
/// from Swift 6.1 on.)
public func thrownError<Failure: Error, Result>(
  _ type: Failure.Type, by body: () throws -> Result
) -> Failure? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? Failure
  }
}
