import ArgumentParser
import Files
import Records

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A file of texts and the file that comes of it: all of a job, or a part of one.
struct FileJob {
  let input: String
  let output: String
  /// Of a part of a job, opened before its input.
  fileprivate let journal: JobJournal?
  private let isResuming: Bool
  /// Its place among the parts; nil for all of a job.
  fileprivate let part: String?

  fileprivate init(
    input: String, output: String, isResuming: Bool, part: String? = nil, journal: JobJournal? = nil
  ) {
    self.input = input
    self.output = output
    self.isResuming = isResuming
    self.part = part
    self.journal = journal
  }

  /// The journal, with the reader behind the rows that are done; nil for an output that cannot be gone on
  /// with.
  func journal(of reader: RecordReader) throws -> JobJournal? {
    let journal = try journal ?? JobJournal(besides: output, isResuming: isResuming)
    try journal?.skipDoneRows(of: reader)
    return journal
  }

  /// Where bad rows go: of a part, a file in the folder that was named.
  func rejects(_ path: String) throws -> String {
    guard part != nil else { return path }
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return "\(path)/\(InputPart(path: input).name).jsonl"
  }
}

extension JobOptions {
  /// Does the work for one file, or for one after another of several, which go to a folder. Several
  /// processes may share these: each takes a part that no other has.
  ///
  /// - Parameters:
  ///   - name: What the output of a part is called.
  ///   - work: Reads a file and writes the other.
  func run(
    _ source: TextSource, to output: String, naming name: (InputPart) throws -> String,
    _ work: (FileJob) async throws -> Void
  ) async throws {
    let parts: [InputPart]
    switch source {
    case .arguments: return
    case .file(let path):
      guard InputPart.isFolder(output) else {
        try await work(FileJob(input: path, output: output, isResuming: resume))
        return
      }
      parts = try InputPart.parts(of: path, anyFormat: true)
    case .files(let files): parts = files
    }
    let folder = try OutputFolder(output, parts, resume, naming: name)
    try await folder.run(work)
  }
}

/// The outputs of a job of several files. What is done is told by their journals, which stay until all of
/// them are.
private struct OutputFolder {
  private let path: String
  private let parts: [(input: InputPart, output: String)]
  private let isResuming: Bool
  /// Held as long as this process works on the job.
  private let file: FileDescriptor

  init(
    _ path: String, _ inputs: [InputPart], _ isResuming: Bool,
    naming name: (InputPart) throws -> String
  ) throws {
    if (try? FileStatus(of: path)) != nil, !InputPart.isFolder(path) {
      throw OutputFolderError.notAFolder(path)
    }
    let folder = path.hasSuffix("/") ? path : path + "/"
    parts = try inputs.map { ($0, folder + (try name($0))) }
    var inputOfOutput: [String: InputPart] = [:]
    for (input, output) in parts {
      if let other = inputOfOutput.updateValue(input, forKey: output) {
        throw OutputFolderError.sameOutput(other.path, input.path, output)
      }
      guard FileManager.default.isReadableFile(atPath: input.path) else {
        // In the words of a job of one file.
        _ = try ByteSource(path: input.path)
        continue
      }
      if let one = try? FileStatus(of: input.path), let other = try? FileStatus(of: output),
        one.identity == other.identity
      {
        throw RecordError.outputIsInput(file: printable(PathText.shown(output)))
      }
    }
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      file = try FileDescriptor(opening: path, for: .reading, .folder)
    } catch {
      throw OutputFolderError.cannotMake(path, (error as? SystemFailure)?.reason ?? "\(error)")
    }
    self.path = path
    self.isResuming = isResuming
  }

  func run(_ work: (FileJob) async throws -> Void) async throws {
    defer { try? file.close() }
    // On a file system without such locks nothing is lost: the journals stay a little longer.
    _ = try? file.lockTogether()
    var (done, before, elsewhere) = (0, 0, 0)
    for (index, (input, output)) in parts.enumerated() {
      do {
        let place = "\(printable(PathText.shown(input.path))), \(index + 1) of \(parts.count)"
        let journal = try JobJournal(ofPart: output, isResuming: isResuming, calling: place)
        guard let journal else { continue }
        try await work(
          FileJob(
            input: input.path, output: output, isResuming: isResuming, part: place,
            journal: journal))
        done += 1
      } catch RecordError.outputInUse {
        elsewhere += 1
      } catch is PartIsDone {
        before += 1
      }
    }
    if elsewhere == 0, try file.lock() { removeJournals() }
    let others = [(before, "done before"), (elsewhere, "under way in other processes")]
      .filter { $0.0 > 0 }.map { ", \($0.0) \($0.1)" }.joined()
    StandardError.line(
      "\(printable(PathText.shown(path))): \(done) of \(parts.count) files done\(others)")
  }

  /// Where all are done.
  private func removeJournals() {
    let journals = parts.compactMap { part in
      try? JobJournal(ofPart: part.output, isResuming: true, calling: part.output)
    }
    guard journals.count == parts.count, journals.allSatisfy(\.isMarkedDone) else { return }
    for journal in journals { journal.remove() }
  }
}

private enum OutputFolderError: Error, CustomStringConvertible {
  case notAFolder(String)
  case sameOutput(String, String, String)
  case cannotMake(String, String)

  var description: String {
    switch self {
    case .notAFolder(let path):
      "\(printable(PathText.shown(path))) is a file, and several inputs go to a folder: name one"
    case .sameOutput(let one, let other, let output):
      "\(printable(PathText.shown(one))) and \(printable(PathText.shown(other))) would both become "
        + "\(printable(PathText.shown(output))): rename one, or do them in jobs of their own"
    case .cannotMake(let path, let reason):
      "cannot make the folder \(printable(PathText.shown(path))): \(reason)"
    }
  }
}
