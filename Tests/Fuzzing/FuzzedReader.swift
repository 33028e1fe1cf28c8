import Foundation
import TestSupport

/// A reader of files from strangers, with sound files to begin with.
///
/// To have another one fuzzed, add it to one of the lists that ``all`` is made of.
struct FuzzedReader: Sendable {
  let name: String
  let corpus: [[UInt8]]
  /// Byte strings with a meaning in the format.
  var tokens: [String] = []
  /// Whether words and numbers stand in it as text.
  var isText = true
  /// Throws where it refuses the file.
  let read: @Sendable (_ bytes: [UInt8], _ scratch: Scratch) throws -> Void

  static let all = modelReaders + hubReaders + tokenizerReaders + recordReaders
}

/// Files of `Tests/Fixtures`.
func fixtures(_ paths: String...) -> [[UInt8]] {
  paths.map { path in
    guard let data = try? Data(contentsOf: fixturesFolder.appending(path: path)) else {
      fatalError("no fixture \(path)")
    }
    return [UInt8](data)
  }
}
