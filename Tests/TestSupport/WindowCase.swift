import Foundation

/// A long text with the windows that transformers makes of it (`Scripts/fixtures/windows.py`).
public struct WindowCase: Decodable, Sendable {
  public let posts: [Int]
  public let maxLength: Int
  public let stride: Int
  /// Token ids, special ones included.
  public let windows: [[Int32]]
  /// Of each window, [windows, labels], where the model was run.
  public let logits: [[Float]]?
  /// Weighted by tokens.
  public let mean: [Float]?

  enum CodingKeys: String, CodingKey {
    case posts, stride, windows, logits, mean
    case maxLength = "max_length"
  }

  /// The posts, joined.
  public var text: String { posts.map { Self.file.posts[$0] }.joined(separator: " ") }

  public static var all: [WindowCase] { file.cases }

  private struct File: Decodable {
    var posts: [String] = []
    var cases: [WindowCase] = []
  }

  /// Empty when the fixture is missing, which tests show by its count.
  private static let file: File = {
    let file = fixturesFolder.appending(path: "windows/cases.json")
    return (try? JSONDecoder().decode(File.self, from: Data(contentsOf: file))) ?? File()
  }()
}

extension WindowCase: CustomStringConvertible {
  public var description: String {
    "\(posts.count) posts, \(maxLength) tokens, stride \(stride)"
  }
}
