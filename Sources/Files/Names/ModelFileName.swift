/// The names of a model folder's files, as transformers and sentence-transformers have them.
package enum ModelFileName {
  package static let configuration = "config.json"
  package static let card = "README.md"

  package static let tokenizer = "tokenizer.json"
  package static let vocabulary = "vocab.txt"
  package static let bytePairVocabulary = "vocab.json"
  package static let merges = "merges.txt"
  package static let sentencePiece = "sentencepiece.bpe.model"
  package static let tokenizerConfiguration = "tokenizer_config.json"
  package static let specialTokens = "special_tokens_map.json"
  package static let addedTokens = "added_tokens.json"
  /// Each has the whole vocabulary.
  package static let vocabularies = [tokenizer, vocabulary, bytePairVocabulary, sentencePiece]
  /// What a tokenizer has beside its vocabulary, or not.
  package static let tokenizerSettings = [
    tokenizerConfiguration, specialTokens, addedTokens, merges,
  ]

  package static let safetensors = "model.safetensors"
  package static let torch = "pytorch_model.bin"
  private static let indexEnding = ".index.json"
  /// In the order in which they are looked for when a folder is opened, an index for its shards.
  package static let weights = [
    safetensors, safetensors + indexEnding, torch, torch + indexEnding,
  ]

  package static func isIndex(_ name: String) -> Bool { name.hasSuffix(indexEnding) }

  package static let modules = "modules.json"
  package static let prompts = "config_sentence_transformers.json"
  /// The names that versions of sentence-transformers gave one file, in the order in which it looks.
  package static let sentenceSettings =
    ["bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet"].map {
      "sentence_\($0)_config.json"
    }
}
