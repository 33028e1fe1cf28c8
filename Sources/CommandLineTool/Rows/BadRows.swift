import Cloud4Bert
import Files
import Inference
import Records

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A row that has no answer.
struct BadRow: Sendable {
  /// What there is of it.
  let record: Record
  /// As it stands in the input.
  let bytes: [UInt8]
  /// What is wrong with it, with its place.
  let reason: String

  init(_ row: RejectedRow) {
    record = row.record
    bytes = row.bytes
    reason = OptionRemedy.message(of: row.fault)
  }

  /// A row that was read, and then found wanting.
  init(_ record: Record, _ fault: any Error, at place: RecordPlace) {
    self.record = record
    bytes = record.bytes
    reason =
      fault is any PlacedError || fault is RecordError
      ? OptionRemedy.message(of: fault) : "\(RowError(place: "\(place)", cause: fault))"
  }

  /// Whether a fault is of one row alone, and others may be well.
  static func isReason(_ fault: any Error) -> Bool {
    switch fault {
    case let fault as RowError: isReason(fault.cause)
    case let fault as RecordError: fault.isOfOneRow
    case is EngineError, is CancellationError, is SystemFailure: false
    default: true
    }
  }
}

/// The bad rows of a job that goes on behind them: counted, told of at the end, and written where they
/// are wanted.
final class BadRows {
  /// Whether they stand in the output, without an answer.
  let isKeeping: Bool
  private let file: String
  private let limit: BadRowLimit?
  private let rejects: ByteSink?
  /// How many there were, also before this process went on with the job.
  private(set) var count: Int
  /// The first ones of this process.
  private var rows: [Int] = []
  private var firstReason: String?

  init(file: String, isKeeping: Bool, limit: BadRowLimit?, rejects: ByteSink?, before: Int = 0) {
    self.file = file
    self.isKeeping = isKeeping
    self.limit = limit
    self.rejects = rejects
    count = before
  }

  /// - Throws: ``TooMany``, and `RecordError` where the file of bad rows cannot be written.
  func add(_ row: BadRow) throws {
    count += 1
    if rows.count < 10 { rows.append(row.record.row) }
    firstReason = firstReason ?? row.reason
    if let rejects {
      rejects.append(try line(of: row))
      try rejects.endRow()
    }
    try check(rows: row.record.row, isAtEnd: false, row)
  }

  /// No more rows come.
  func finish(rows: Int) throws {
    try check(rows: rows, isAtEnd: true, nil)
  }

  private func check(rows: Int, isAtEnd: Bool, _ row: BadRow?) throws {
    guard let limit, !limit.allows(count, of: rows, isAtEnd: isAtEnd) else { return }
    throw TooMany(
      file: file, count: count, rows: rows, limit: limit, reason: row?.reason ?? firstReason)
  }

  private func line(of row: BadRow) throws -> [UInt8] {
    let raw = String(decoding: row.bytes, as: UTF8.self)
    var members: [(key: String, value: any Encodable)] = [
      ("row", row.record.row), ("line", row.record.line), ("error", row.reason), ("raw", raw),
    ]
    if !raw.utf8.elementsEqual(row.bytes) {
      members.append(("raw_base64", Data(row.bytes).base64EncodedString()))
    }
    return try JSON.line(of: JSONRow(members)) + [0x0A]
  }

  func flush() throws { try rejects?.flush() }

  func close() throws { try rejects?.close() }

  /// What is safe of the file of bad rows; nil without one.
  func makeSafe() throws -> KeptOutput? {
    try rejects?.flush()
    return try rejects?.makeSafe()
  }

  /// The same for the rows of another file.
  func ofFile(_ file: String) -> BadRows {
    BadRows(file: file, isKeeping: isKeeping, limit: limit, rejects: rejects)
  }

  /// Tells a person of them.
  func tell() {
    if let note { StandardError.line(note) }
  }

  /// What a person should know of them; nil where there were none.
  var note: String? {
    guard count > 0 else { return nil }
    let numbers = rows.map(String.init).joined(separator: ", ")
    let here = rows.isEmpty ? "" : " (row \(numbers)\(count > rows.count ? ", …" : ""))"
    let place = rejects.map { "; see \($0.name)" } ?? firstReason.map { "; the first: \($0)" } ?? ""
    return "\(file): \(count) bad row\(count == 1 ? "" : "s") "
      + "\(isKeeping ? "kept without an answer" : "left out")\(here)\(place)"
  }

  struct TooMany: Error, CustomStringConvertible {
    let file: String
    let count: Int
    let rows: Int
    let limit: BadRowLimit
    let reason: String?

    var description: String {
      "\(file): \(count) of \(rows) row\(rows == 1 ? " is" : "s are") bad, "
        + "more than --max-bad-rows \(limit.text)" + (reason.map { "; such as \($0)" } ?? "")
    }
  }
}

extension RecordReader {
  /// The next record, with bad rows left out where that is wanted.
  func next(leavingOut badRows: BadRows?) throws -> Record? {
    guard let badRows else { return try next() }
    while let row = try nextRow() {
      switch row {
      case .record(let record): return record
      case .rejected(let row): try badRows.add(BadRow(row))
      }
    }
    return nil
  }
}
