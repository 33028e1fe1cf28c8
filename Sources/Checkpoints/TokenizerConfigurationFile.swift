package import Files

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A `tokenizer_config.json` to be changed and written again: what is not changed stays.
public struct TokenizerConfigurationFile: Sendable {
  private var members: JSONMembers

  /// Reads the file in `folder`; an empty object where there is none. Throws ``CheckpointError``.
  public init(folder: URL) throws(CheckpointError) {
    try self.init(folder: OpenedFolder(folder))
  }

  package init(folder: OpenedFolder) throws(CheckpointError) {
    members =
      try ConfigurationFields(ModelFileName.tokenizerConfiguration, in: folder)?.members ?? [:]
  }

  /// Lets the tokenizer go with a model that has no token types, and split texts as before.
  ///
  /// - Parameter tokenizerClass: What splits them, where the file names no class: it would else follow from
  ///   the model.
  package mutating func leaveOutTokenTypes(tokenizerClass: String) {
    if members["tokenizer_class"] ?? .null == .null {
      members["tokenizer_class"] = .string(tokenizerClass)
    }
    members["model_input_names"] = .array([.string("input_ids"), .string("attention_mask")])
  }

  /// The file as transformers writes it.
  public var text: String { JSON.object(members).text(indentation: 2) + "\n" }
}
