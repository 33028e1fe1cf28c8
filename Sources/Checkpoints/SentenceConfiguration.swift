import StrictJSON
import Tensors

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// `sentence_bert_config.json`: what sentence-transformers keeps beside the files of transformers
/// (https://sbert.net/docs/package_reference/sentence_transformer/models.html).
public struct SentenceConfiguration: Sendable, Equatable {
  /// The tokens of the longest text, special ones included; longer texts are truncated.
  public let maxSequenceLength: Int?

  /// Nil for a folder without the file.
  ///
  /// - Throws: ``CheckpointError`` for a file that is damaged.
  public init?(folder: URL) throws(CheckpointError) {
    let path = folder.appending(path: "sentence_bert_config.json").path
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let key = "max_seq_length"
    switch try ConfigurationJSON.members(of: ConfigurationJSON.bytes(ofFile: path), path: path)[key]
    {
    case nil, .null?: maxSequenceLength = nil
    case .integer(let length)? where length > 2: maxSequenceLength = length
    case let value?:
      throw CheckpointError(
        .malformed, file: path, key: key,
        "is \(value.kind) where a number of tokens from 3 on, or null, is expected")
    }
  }
}
