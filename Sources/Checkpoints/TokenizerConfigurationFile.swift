import Tensors

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A `tokenizer_config.json` to be changed and written again: what is not changed stays.
public struct TokenizerConfigurationFile: Sendable {
  private var members: [String: JSON]

  /// Reads the file in `folder`; an empty object where there is none. Throws ``CheckpointError``.
  public init(folder: URL) throws(CheckpointError) {
    let path = folder.appending(path: "tokenizer_config.json").path
    do {
      let file = try MappedFile(path: path)
      guard case .object(let members) = try JSON(parsing: file.bytes(in: 0..<file.count)) else {
        throw CheckpointError(.malformed, file: path, "is not a JSON object")
      }
      self.members = members
    } catch let error as FileError where error.kind == .missing {
      members = [:]
    } catch let error as CheckpointError {
      throw error
    } catch let error as JSON.SyntaxError {
      throw CheckpointError(.malformed, file: path, error)
    } catch {
      throw CheckpointError(.unreadable, file: path, "\(error)")
    }
  }

  /// Lets a BERT's tokenizer go with a DistilBERT and split texts as before: its class is named, which
  /// would else follow from the model, and it gives no `token_type_ids`, which DistilBERT does not take.
  public mutating func becomeDistilBert() {
    if members["tokenizer_class"] ?? .null == .null {
      members["tokenizer_class"] = .string("BertTokenizer")
    }
    members["model_input_names"] = .array([.string("input_ids"), .string("attention_mask")])
  }

  /// As transformers writes it.
  public var text: String { JSON.object(members).text(indentation: 2) + "\n" }
}
