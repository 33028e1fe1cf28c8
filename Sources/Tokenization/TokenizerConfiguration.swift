import Files

/// The settings of `tokenizer_config.json`, `special_tokens_map.json`, `added_tokens.json` and
/// `config.json`, read as transformers' `PreTrainedTokenizerBase.from_pretrained` does.
struct TokenizerConfiguration {
  private static let bertNames = [
    "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]",
    "mask_token": "[MASK]",
  ]

  private static let robertaNames = [
    "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "sep_token": "</s>",
    "pad_token": "<pad>", "cls_token": "<s>", "mask_token": "<mask>",
  ]

  private(set) var file: String
  /// Whether a `tokenizer_config.json` is there, or a `config.json` that stands in for it.
  private(set) var isPresent = false
  let tokenizerClass: TokenizerClass
  private(set) var modelMaxLength: Int?
  /// Whether the model is given token type ids: as the file's `model_input_names` say, or the class.
  private(set) var givesTokenTypeIDs = true
  /// Nil where the file does not say it, and `tokenizer.json` may.
  private(set) var truncationSide: TruncationSide?
  private(set) var normalizer = BertNormalizer()
  /// Whether a text that does not begin with a space is read as if it did, by classes other than BERT's.
  private(set) var addsPrefixSpace: Bool
  /// Whether the offsets of such a class leave white space out.
  private(set) var trimsOffsets = true
  /// Whether decoding takes out, of the whole text, the spaces that English spelling does without.
  private(set) var cleansUpSpaces = false
  /// Whether special tokens in a text are text like any other.
  private(set) var splitsSpecialTokens = false
  private var names: SpecialTokenNames
  /// By the id that the file gives, which decides their order only; nil where no file has them.
  private var decoder: [Int: AddedToken] = [:]
  /// By content, also those whose id another one has taken.
  private var known: [ExactString: AddedToken] = [:]
  private var hasDecoder = false

  /// - Parameter hasTokenizerFile: Whether the folder has a `tokenizer.json`.
  init(_ folder: OpenedFolder, hasTokenizerFile: Bool) throws(TokenizerError) {
    file = folder.path(of: ModelFileName.tokenizerConfiguration)
    let object = try folder.tokenizerFields(ModelFileName.tokenizerConfiguration)
    let model = try folder.tokenizerFields(ModelFileName.configuration)
    isPresent = object != nil || model != nil
    tokenizerClass = try Self.tokenizerClass(object, model, hasTokenizerFile: hasTokenizerFile)
    givesTokenTypeIDs = tokenizerClass.givesTokenTypeIDs
    addsPrefixSpace = tokenizerClass.isUnigram
    names = try SpecialTokenNames(object)
    if let object {
      if let names = try Self.inputNames(object) {
        givesTokenTypeIDs = names.contains("token_type_ids")
      }
      normalizer.lowercase = try object.boolean("do_lower_case") ?? true
      normalizer.stripAccents = try object.boolean("strip_accents")
      normalizer.handleChineseChars = try object.boolean("tokenize_chinese_chars") ?? true
      addsPrefixSpace = try object.boolean("add_prefix_space") ?? addsPrefixSpace
      trimsOffsets = try object.boolean("trim_offsets") ?? true
      modelMaxLength = try Self.maxLength(object)
      if object.has("truncation_side") {
        truncationSide = try object.string("truncation_side").flatMap(TruncationSide.init)
        if truncationSide == nil { throw object.wrong("truncation_side", "left or right") }
      }
      cleansUpSpaces = try object.boolean("clean_up_tokenization_spaces") ?? false
      if object.has("split_special_tokens") {
        splitsSpecialTokens = try object.required(
          "split_special_tokens", object.boolean("split_special_tokens"))
      }
      if let tokens = try object.object("added_tokens_decoder") {
        hasDecoder = true
        for key in try tokens.keys() {
          guard let id = Int(key), let token = try tokens.object(key) else {
            throw tokens.wrong(key, "a token by its id")
          }
          note(try AddedToken(token), id: id)
        }
      }
    }
    if !hasDecoder { try readLegacyFiles(folder) }
    names.finish()
    if tokenizerClass.construction == .rebuiltCamembert {
      let unused = ["<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED"]
      names.setAdditional(
        unused.map { AddedToken(content: $0, special: true) }, overriding: false)
    }
  }

  private mutating func note(_ token: AddedToken, id: Int) {
    decoder[id] = token
    known[token.content] = token
  }

  private static func tokenizerClass(
    _ object: TokenizerFields?, _ model: TokenizerFields?, hasTokenizerFile: Bool
  ) throws(TokenizerError) -> TokenizerClass {
    var name: (String, file: String)?
    for object in [object, model] {
      guard name == nil, let object else { continue }
      name = try object.string("tokenizer_class").map { ($0, object.file) }
    }
    let type = try model?.string("model_type")
    return try TokenizerClass(
      named: name, modelType: type.map { ($0, model?.file ?? "") },
      hasTokenizerFile: hasTokenizerFile)
  }

  private static func inputNames(_ object: TokenizerFields) throws(TokenizerError) -> [String]? {
    let key = "model_input_names"
    guard object.has(key) else { return nil }
    guard let names = try object.strings(key, of: "names") else {
      throw object.wrong(key, "a list of names")
    }
    return names
  }

  /// Lengths that stand for none, such as 1e30, are nil.
  private static func maxLength(_ object: TokenizerFields) throws(TokenizerError) -> Int? {
    let key = object.has("model_max_length") ? "model_max_length" : "max_len"
    switch object[key] {
    case nil: return nil
    case .integer(let length) where length > 0: return length
    case .number(let length) where length >= 1:
      return length < 9e18 ? Int(length) : nil
    default: throw object.wrong(key, "a positive number")
    }
  }

  /// The files from before `added_tokens_decoder`, which counts instead of them.
  private mutating func readLegacyFiles(_ folder: OpenedFolder) throws(TokenizerError) {
    if let map = try folder.tokenizerFields(ModelFileName.specialTokens) {
      try names.read(map: map)
    }
    guard let added = try folder.tokenizerFields(ModelFileName.addedTokens) else { return }
    let specials = names.contentsKnownToBeSpecial
    for content in try added.keys() {
      let isSpecial = specials.contains(content)
      note(
        AddedToken(content: content, givenNormalized: !isSpecial, special: isSpecial),
        id: try added.required(content, try added.wholeNumber(content)))
    }
  }

  /// The content of a special token, by its key in the files; the class's own where none is given,
  /// and nil where the key is null.
  func name(_ key: String) -> String? {
    if let given = names.standard[key] { return given?.content }
    return ownNames[key]
  }

  private var ownNames: [String: String] {
    tokenizerClass.construction == .rebuiltByteLevel || tokenizerClass.isUnigram
      ? Self.robertaNames : Self.bertNames
  }

  /// Names a token that no file of settings names, nor sets to null.
  mutating func setDefault(_ key: String, to content: String) {
    names.setDefault(key, to: content)
  }

  /// Adds the tokens without a name that a sentencepiece model has.
  mutating func addTokens(ofSentencePiece tokens: [AddedToken]) {
    names.setAdditional(tokens, overriding: true)
  }

  /// How the class itself has a token found in a text.
  private func ownToken(_ key: String, _ content: String) -> AddedToken? {
    tokenizerClass.construction == .rebuiltCamembert && key == "mask_token"
      ? AddedToken(content: content, leftStrip: true, special: true) : nil
  }

  /// The tokens that transformers adds once the tokenizer is built, in that order.
  ///
  /// - Parameter file: The added tokens of `tokenizer.json`, where there is one.
  func tokensToAdd(after file: [(id: Int, token: AddedToken)]) -> [AddedToken] {
    var (decoder, known) = (decoder, known)
    if !hasDecoder {
      for (id, token) in file {
        decoder[id] = token
        known[token.content] = token
      }
    }
    var tokens = decoder.sorted { $0.key < $1.key }.map(\.value)
    let isRebuilt = tokenizerClass.isRebuilt
    var contents = Set(
      (isRebuilt ? tokens : tokens + file.map(\.token)).map { ExactString($0.content) })
    let hasOwnNames = tokenizerClass.construction != .fromFile
    let standard = SpecialTokenNames.standardKeys.compactMap { key -> SpecialTokenNames.Token? in
      if let given = names.standard[key] {
        guard var token = given else { return nil }
        token.added = known[token.content] ?? token.added ?? ownToken(key, token.content)
        return token
      }
      return hasOwnNames
        ? ownNames[key].map {
          SpecialTokenNames.Token(content: $0, added: ownToken(key, $0))
        } : nil
    }
    let named = standard + names.own
    for token in named + names.unnamed where contents.insert(token.content) {
      tokens.append(
        token.added ?? AddedToken(content: token.content, special: true))
    }
    let namedContents = Set(named.map { ExactString($0.content) })
    for index in tokens.indices where namedContents.contains(tokens[index].content) {
      tokens[index].special = true
    }
    return tokens
  }
}
