import Records

/// Writes the rows of a file with what the model answers, and behind it, where rows without an answer are
/// kept, the field that says why there is none.
struct AnswerWriter {
  private let writer: RecordWriter
  /// Whether there is a field for what is wrong.
  private let hasReasons: Bool

  /// Says so where the input has a column of such a name already.
  ///
  /// - Parameter names: Of the answer's fields.
  init(
    to sink: ByteSink, layout: RecordLayout, adding names: [String], input: String,
    _ options: BadRowOptions
  ) throws {
    writer = try RecordWriter(
      to: sink, layout: layout, adding: names + options.addedNames, input: input)
    hasReasons = !options.addedNames.isEmpty
    writer.tellNewNames(input: input)
  }

  func write(_ record: Record, _ values: [FieldValue]) throws {
    try writer.write(record, hasReasons ? values + [.null] : values)
  }

  /// A row that has no answer.
  func write(_ record: Record, without reason: String) throws {
    let nothing = [FieldValue](repeating: .null, count: writer.names.count - 1)
    try writer.write(record, nothing + [.string(reason)])
  }
}

extension RecordWriter {
  fileprivate func tellNewNames(input: String) {
    guard isRenamed else { return }
    StandardError.line(
      "\(input) has a column of such a name already, so the new ones are "
        + names.joined(separator: ", "))
  }
}
