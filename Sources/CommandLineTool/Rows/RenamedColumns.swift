import Records

extension RecordWriter {
  /// Says so where the input has a column of such a name already.
  func tellNewNames(input: String) {
    guard isRenamed else { return }
    StandardError.line(
      "\(input) has a column of such a name already, so the new ones are "
        + names.joined(separator: ", "))
  }
}
