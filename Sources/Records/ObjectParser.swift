/// Reads the rows of JSON lines.
struct ObjectParser {
  let textColumn: String
  let textMayBeMissing: Bool
  let pairColumn: String?
  let requiredColumns: [String]
  let requiredMayBeMissing: Bool

  /// The object of the next line that is not blank, or why it is none: nil when there is none.
  func next(
    in window: ByteWindow, row: Int, line: inout Int, limit: Int
  ) throws(RecordError) -> ReadRow? {
    while let found = try window.nextLine(row: row, line: &line, limit: limit) {
      if found.bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
      let place = RecordPlace(file: window.source.name, row: row, line: found.line)
      // A slice's buffer lets no typed error through in Swift 6.0.
      let result = found.bytes.withUnsafeBufferPointer { bytes in
        Result { () throws(RecordError) in
          try record(of: bytes, found, before: window.bytes, at: place)
        }
      }
      do throws(RecordError) {
        return .record(try result.get())
      } catch {
        guard error.isOfOneRow else { throw error }
        let bytes = window.lastRow
        return .rejected(
          RejectedRow(record: rest(of: found, bytes, place), bytes: bytes, fault: error))
      }
    }
    return nil
  }

  /// What there is of a line that is not what was asked for.
  private func rest(of line: Line, _ bytes: [UInt8], _ place: RecordPlace) -> Record {
    let object = line.bytes.withUnsafeBufferPointer { bytes in
      (try? JSONObjectScanner.scan(bytes) { _ in }).map { Array(bytes[$0]) }
    }
    guard let object else { return .raw(bytes, row: place.row, line: place.line) }
    return Record(
      row: place.row, line: place.line, text: "", pair: nil, repairedInvalidUTF8: line.isRepaired,
      bytes: object, content: .object)
  }

  private func record(
    of bytes: UnsafeBufferPointer<UInt8>, _ line: Line, before rest: UnsafeBufferPointer<UInt8>,
    at place: RecordPlace
  ) throws(RecordError) -> Record {
    var text: JSONObjectScanner.Member?
    var pair: JSONObjectScanner.Member?
    let object: Range<Int>
    do throws(JSONObjectScanner.Failure) {
      object = try JSONObjectScanner.scan(bytes) { member in
        if member.isNamed(textColumn, in: bytes) { text = member }
        if let pairColumn, member.isNamed(pairColumn, in: bytes) { pair = member }
      }
    } catch {
      throw fault(error, of: bytes, before: rest, at: place)
    }
    let textValue =
      textMayBeMissing && text?.kind != .string
      ? "" : try string(text, named: textColumn, in: bytes, at: place)
    var pairValue: String?
    if let pairColumn {
      pairValue = try string(pair, named: pairColumn, in: bytes, at: place)
    }
    for name in requiredColumns where !requiredMayBeMissing {
      guard let member = Record.member(name, of: bytes) else {
        throw .missingField(name: name, place: place, fields: Record.names(of: bytes))
      }
      if member.kind == .null || member.kind == .notFinite {
        throw .notAString(name: name, place: place, found: member.kind.rawValue)
      }
    }
    return Record(
      row: place.row, line: place.line, text: textValue, pair: pairValue,
      repairedInvalidUTF8: line.isRepaired,
      bytes: object.count == bytes.count ? line.bytes : Array(bytes[object]), content: .object)
  }

  /// Why a line is no object, and for a first one what the whole file is instead, where that is plain.
  private func fault(
    _ failure: JSONObjectScanner.Failure, of line: UnsafeBufferPointer<UInt8>,
    before rest: UnsafeBufferPointer<UInt8>, at place: RecordPlace
  ) -> RecordError {
    let shape = place.row == 1 ? JSONShape(line, before: rest) : nil
    switch failure {
    case .notAnObject(let found):
      return shape == .arrayOfObjects
        ? .notJSONLines(file: place.file, found: "one JSON array", filter: ".[]")
        : .notAnObject(place: place, found: found)
    case .malformed(let offset, let problem):
      let goesOn =
        offset >= line.count && !problem.contains("string") && rest.contains { $0 > 0x20 }
      switch shape {
      case .object? where goesOn:
        return .notJSONLines(file: place.file, found: "JSON over several lines", filter: ".")
      case .array? where goesOn, .arrayOfObjects? where goesOn:
        return .notJSONLines(
          file: place.file, found: "one JSON array over several lines", filter: ".[]")
      default: return .malformedJSON(place: place, column: offset + 1, problem: problem)
      }
    }
  }

  private func string(
    _ member: JSONObjectScanner.Member?, named name: String, in bytes: UnsafeBufferPointer<UInt8>,
    at place: RecordPlace
  ) throws(RecordError) -> String {
    guard let member else {
      throw .missingField(name: name, place: place, fields: Record.names(of: bytes))
    }
    guard member.kind == .string, let value = member.value(in: bytes) else {
      throw .notAString(name: name, place: place, found: member.kind.rawValue)
    }
    return value
  }
}
