import Files

/// What transformers' `AutoTokenizer` (version 5.23) makes of a folder, by the tokenizer class that
/// its files name, or else by its model type.
struct TokenizerClass: Equatable {
  /// Where normalizer, template and WordPiece model come from.
  enum Construction {
    /// Made from `tokenizer_config.json`, as `BertTokenizer` builds its parts around the
    /// vocabulary.
    case rebuilt
    /// Made from `tokenizer_config.json`, as `RobertaTokenizer` builds its parts around the vocabulary
    /// and the merges.
    case rebuiltByteLevel
    /// Made from `tokenizer_config.json`, as `XLMRobertaTokenizer` builds its parts around the pieces and
    /// the map of characters.
    case rebuiltXLMRoberta
    /// The same as `CamembertTokenizer` does it.
    case rebuiltCamembert
    /// Read from `tokenizer.json` as it is (`TokenizersBackend`).
    case fromFile
    /// Read from `tokenizer.json`, but for the template, which is BERT's: a subclass of
    /// `BertTokenizer` without a constructor of its own is not rebuilt.
    case fromFileWithBertTemplate
  }

  private(set) var construction: Construction
  /// The class or the model type, as the folder names it.
  let name: String?
  /// Whether the parts are made anew, whatever `tokenizer.json` says of them.
  var isRebuilt: Bool { construction != .fromFile && construction != .fromFileWithBertTemplate }
  /// Whether the class reads a Unigram model.
  var isUnigram: Bool { construction == .rebuiltXLMRoberta || construction == .rebuiltCamembert }
  /// Whether `token_type_ids` is among the `model_input_names` of the class.
  private(set) var givesTokenTypeIDs = true

  /// Aliases of `BertTokenizer`, and classes that differ from it by their name.
  private static let bertClasses = names(
    """
    BertTokenizer DPRContextEncoderTokenizer DPRQuestionEncoderTokenizer DistilBertTokenizer
    ElectraTokenizer LayoutLMTokenizer LxmertTokenizer MobileBertTokenizer SqueezeBertTokenizer
    """)
  /// The model types whose tokenizer is `BertTokenizer` where no class is named.
  private static let bertModelTypes = names(
    """
    align bark bert blip bros chinese_clip convbert distilbert dpr electra ernie flava git
    grounding-dino layoutlm lxmert megatron-bert mm-grounding-dino mobilebert nomic_bert
    squeezebert tvp vilt visual_bert
    """)

  /// The same of the other tokenizers that are read here.
  private static let otherModelTypes: [String: Construction] = [
    "roberta": .rebuiltByteLevel, "roberta-prelayernorm": .rebuiltByteLevel,
    "camembert": .rebuiltCamembert, "xlm-roberta": .rebuiltXLMRoberta, "gte": .rebuiltXLMRoberta,
    "jina_embeddings_v3": .rebuiltXLMRoberta, "metaclip_2": .rebuiltXLMRoberta,
    "trocr": .rebuiltXLMRoberta, "xmod": .rebuiltXLMRoberta,
  ]
  private static let otherClasses: [String: Construction] = [
    "RobertaTokenizer": .rebuiltByteLevel, "XLMRobertaTokenizer": .rebuiltXLMRoberta,
    "CamembertTokenizer": .rebuiltCamembert,
  ]

  /// - Parameters:
  ///   - name: The class, and the file that names it; nil where none does.
  ///   - modelType: Of `config.json`, and that file's path.
  ///   - hasTokenizerFile: Whether there is a `tokenizer.json`, and not `vocab.txt` alone.
  /// - Throws: `TokenizerError.unsupportedClass`, `TokenizerError.tokenizerFileNeeded` and
  ///   `TokenizerError.unsupported` for what transformers would read in another way, or not at all.
  init(
    named name: (String, file: String)?, modelType: (String, file: String)?, hasTokenizerFile: Bool
  ) throws(TokenizerError) {
    self.name = name?.0 ?? modelType?.0
    if let (given, file) = name {
      let isFast = given.hasSuffix("Fast")
      let name = isFast ? String(given.dropLast(4)) : given
      // The fast classes of DPR have no constructor of their own, and keep parts of the file.
      let keepsFile = isFast && name.hasPrefix("DPR")
      if Self.bertClasses.contains(name), !keepsFile {
        construction = .rebuilt
        givesTokenTypeIDs = name != "DistilBertTokenizer"
      } else if let other = Self.otherClasses[name] {
        construction = other
        givesTokenTypeIDs = false
      } else if name == "ConvBertTokenizer" {
        construction = hasTokenizerFile ? .fromFileWithBertTemplate : .rebuilt
      } else if OtherTokenizers.classes.contains(name) || keepsFile {
        throw .unsupportedClass(file: file, name: given)
      } else if hasTokenizerFile {
        construction = .fromFile
        givesTokenTypeIDs = false
      } else {
        throw .tokenizerFileNeeded(file: file, name: given)
      }
    } else if let (type, _) = modelType, let other = Self.otherModelTypes[type] {
      construction = other
      givesTokenTypeIDs = false
    } else if let (type, file) = modelType, !Self.bertModelTypes.contains(type) {
      guard hasTokenizerFile, !OtherTokenizers.modelTypes.contains(type) else {
        throw .unsupported(
          file: file, reason: "its model_type is \(quoted(type)), whose tokenizer is not BERT's")
      }
      construction = .fromFile
      givesTokenTypeIDs = false
    } else {
      // A vocabulary of which nothing more is known can only be taken for BERT's.
      construction = modelType != nil || !hasTokenizerFile ? .rebuilt : .fromFile
    }
  }

  /// What is read where there is no `tokenizer.json`, in words.
  var vocabularyFiles: String {
    switch construction {
    case .rebuiltByteLevel: "vocab.json with merges.txt"
    case .rebuiltXLMRoberta, .rebuiltCamembert: "sentencepiece.bpe.model"
    default: name == nil ? "vocab.txt, or vocab.json with merges.txt" : "vocab.txt"
    }
  }

  /// The words of a text.
  static func names(_ text: String) -> Set<String> {
    Set(text.split(whereSeparator: \.isWhitespace).map(String.init))
  }
}
