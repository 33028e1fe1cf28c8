/// How a text is made of several columns or fields: `{title}. {body}`, as Python's `str.format` has it.
/// `{{` and `}}` are the braces themselves.
public struct TextTemplate: Sendable, Equatable {
  /// As it was written.
  public let source: String
  /// The names in it, each once, in order.
  public let columns: [String]
  private let parts: [Part]

  private enum Part: Sendable, Equatable {
    case words(String)
    case column(String)
  }

  /// What is wrong with a template, in words that go behind it.
  public struct Fault: Error, Equatable, CustomStringConvertible {
    public let description: String
  }

  /// - Throws: ``Fault`` for braces that do not belong together, and where no column is named.
  public init(_ source: String) throws(Fault) {
    var parts: [Part] = []
    var words = ""
    var name: String?
    var scalars = source.unicodeScalars[...]
    while let scalar = scalars.popFirst() {
      if let open = name {
        switch scalar {
        case "}":
          guard !open.isEmpty else { throw Fault(description: "names no column between { and }") }
          parts.append(.column(open))
          name = nil
        case "{": throw Fault(description: "has a { inside of a name; write {{ for a brace")
        default: name?.unicodeScalars.append(scalar)
        }
        continue
      }
      guard scalar == "{" || scalar == "}" else {
        words.unicodeScalars.append(scalar)
        continue
      }
      if scalars.first == scalar {
        scalars.removeFirst()
        words.unicodeScalars.append(scalar)
      } else if scalar == "{" {
        if !words.isEmpty { parts.append(.words(words)) }
        words = ""
        name = ""
      } else {
        throw Fault(description: "has a } that nothing opens; write }} for a brace")
      }
    }
    guard name == nil else {
      throw Fault(description: "has a { that is never closed; write {{ for a brace")
    }
    if !words.isEmpty { parts.append(.words(words)) }
    var columns: [String] = []
    for case .column(let name) in parts where !columns.contains(where: { $0.isSame(as: name) }) {
      columns.append(name)
    }
    guard !columns.isEmpty else {
      throw Fault(description: "names no column: write such as {title}. {body}")
    }
    self.source = source
    self.columns = columns
    self.parts = parts
  }

  /// The record with the text that it makes: strings as they are, other values as JSON writes them.
  ///
  /// - Throws: ``RecordError/missingField(name:place:fields:)``, and
  ///   ``RecordError/notAString(name:place:found:)`` for null.
  func applied(to record: Record, of file: String) throws(RecordError) -> Record {
    var text = ""
    for part in parts {
      switch part {
      case .words(let words): text += words
      case .column(let name):
        guard let value = record[name] else { throw missing(name, in: record, of: file) }
        text += value
      }
    }
    return Record(
      row: record.row, line: record.line, text: text, pair: record.pair,
      repairedInvalidUTF8: record.repairedInvalidUTF8, bytes: record.bytes,
      content: record.content)
  }

  private func missing(_ name: String, in record: Record, of file: String) -> RecordError {
    let place = RecordPlace(file: file, row: record.row, line: record.line)
    let kind = record.bytes.withUnsafeBufferPointer { Record.member(name, of: $0)?.kind }
    return kind.map { .notAString(name: name, place: place, found: $0.rawValue) }
      ?? .missingField(name: name, place: place, fields: record.columns)
  }
}

extension String {
  /// Whether it has the same bytes: an accent may be written in two ways, and those are two columns.
  fileprivate func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
