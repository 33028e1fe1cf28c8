import Checkpoints
import Cloud4Bert
import Files

/// The lines of `info` on what `embed` makes of a text.
enum EmbeddingRows {
  /// One line for most; more for a folder of sentence-transformers.
  static func rows(of folder: OpenedFolder) -> [(String, String)] {
    do {
      guard try SentenceModules.modelType(folder: folder) != nil else {
        return [("Embeddings", "pooling mean")]
      }
      let extractor = try FeatureExtractor(folder: folder, options: .init())
      let steps = extractor.stepNames.joined(separator: ", then ")
      var rows = [
        ("Embeddings", "\(extractor.size) numbers: \(steps)"),
        ("Longest to embed", "\(extractor.maxLength) tokens"),
      ]
      if let prompts = try SentenceModules.prompts(of: folder) {
        for name in prompts.names {
          guard let prompt = prompts[name], !prompt.isEmpty else { continue }
          let note = name == prompts.defaultName ? " (the default)" : ""
          rows.append(("Prompt", "\(printable(name)): \(quoted(prompt))\(note)"))
        }
      }
      return rows
    } catch {
      return [("Embeddings", "none: \(OptionRemedy.message(of: error))")]
    }
  }
}
