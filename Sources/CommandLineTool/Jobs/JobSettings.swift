import Cloud4Bert
import Files
import Synchronization

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What makes another output of the same input: the model, and the options that rows depend on. How
/// many threads there are and how large batches are is none of it.
struct JobSettings: Equatable {
  let members: [(name: String, value: String)]

  init(_ members: [(name: String, value: String)]) { self.members = members }

  /// - Parameters:
  ///   - command: Of the program.
  ///   - model: The model's folder.
  ///   - options: Names and values.
  init(command: String, model: URL, _ options: [(name: String, value: String?)]) throws {
    let digest = String(try ModelDigest.known(of: model).value, radix: 16)
    members =
      [
        ("program", Cloud4BertVersion.current), ("command", command), ("model", digest),
      ] + options.compactMap { option in option.value.map { (option.name, $0) } }
  }

  static func == (one: JobSettings, other: JobSettings) -> Bool {
    one.difference(from: other) == nil
  }

  struct Difference: CustomStringConvertible {
    let name: String
    let before: String?
    let now: String?

    var description: String {
      switch name {
      case "model": return "the files of the model are others"
      case "program":
        return "that was version \(before ?? "none") of the program, this is \(now ?? "none")"
      default:
        let before = before.map(quoted) ?? "not set"
        return "\(name) was \(before), and is \(now.map(quoted) ?? "not set")"
      }
    }
  }

  /// What is not the same; nil where all is.
  func difference(from earlier: JobSettings) -> Difference? {
    let names = members.map(\.name) + earlier.members.map(\.name)
    for name in names {
      let (now, before) = (self[name], earlier[name])
      if now != before { return Difference(name: name, before: before, now: now) }
    }
    return nil
  }

  private subscript(name: String) -> String? { members.first { $0.name == name }?.value }
}

/// Tells a model's files from another's.
enum ModelDigest {
  private static let endings: Set = ["json", "txt", "model", "safetensors", "bin"]

  private static let known = Mutex<[String: StreamDigest]>([:])

  /// The same, read once: a job of many files has one model.
  static func known(of folder: URL) throws -> StreamDigest {
    if let digest = known.withLock({ $0[folder.path] }) { return digest }
    let digest = try digest(of: folder)
    known.withLock { $0[folder.path] = digest }
    return digest
  }

  /// Of the names and the bytes of all files that a model is read from.
  static func digest(of folder: URL) throws -> StreamDigest {
    var digest = StreamDigest()
    for name in try names(in: folder) {
      let path = folder.appending(path: name).path
      if (try? FileStatus(of: path))?.kind == .folder {
        // The modules of sentence-transformers: 1_Pooling, 2_Dense.
        guard name.first?.isNumber ?? false else { continue }
        let inner = try Self.digest(of: folder.appending(path: name))
        digest.append("\(name) \(inner.value)")
      } else if let dot = name.lastIndex(of: "."),
        endings.contains(String(name[name.index(after: dot)...]))
      {
        digest.append(name)
        guard let file = try? MappedFile(path: path) else { continue }
        digest.append(UnsafeRawBufferPointer(start: file.unsafeBaseAddress, count: file.count))
      }
    }
    return digest
  }

  private static func names(in folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }
}
