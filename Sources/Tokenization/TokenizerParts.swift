/// A tokenizer put together from its files.
struct TokenizerParts {
  let pipeline: TextPipeline
  let template: Template
  let decoder: TokenDecoder
  /// How the offsets of byte-level tokens leave white space out; nil where they keep it.
  let trimming: OffsetTrimming?

  private init(
    pipeline: TextPipeline, template: Template, decoder: TokenDecoder,
    trimming: OffsetTrimming? = nil
  ) {
    self.trimming = trimming
    self.pipeline = pipeline
    self.template = template
    self.decoder = decoder
  }

  /// From `tokenizer.json`, as the class that the configuration names takes it.
  ///
  /// - Parameter lowersCase: Whether texts are lower-cased in any case.
  init(
    _ file: TokenizerFile, _ configuration: TokenizerConfiguration, lowersCase: Bool
  ) throws(TokenizerError) {
    let given = try file.addedTokens()
    if configuration.tokenizerClass.construction == .rebuilt {
      try self.init(
        bert: file.vocabulary, file: file.file, added: given, configuration, lowersCase: lowersCase)
      return
    }
    if configuration.tokenizerClass.construction == .rebuiltByteLevel {
      try self.init(
        roberta: file.bytePairs(
          rebuilt: Self.robertaParameters(configuration),
          className: configuration.tokenizerClass.name),
        added: given, configuration, file: file.file, lowersCase: lowersCase)
      return
    }
    if configuration.tokenizerClass.isUnigram {
      try self.init(
        unigram: file.unigram(rebuilt: configuration), added: given, configuration, file: file.file,
        lowersCase: lowersCase)
      return
    }
    if file.isBytePairs || file.isUnigram, lowersCase { throw Self.lowerCasing(file: file.file) }
    let splitting = try file.splitting()
    let model = try file.tokenModel()
    var added = AddedVocabulary()
    try added.add(given.map(\.token), to: model.vocabulary, file: file.file)
    if configuration.isPresent {
      try added.add(
        configuration.tokensToAdd(after: given), to: model.vocabulary, file: configuration.file)
    }
    let pipeline = try TextPipeline(
      normalizer: file.normalizer().lowered(lowersCase), splitting: splitting, model: model,
      addedTokens: added, splitsSpecialTokens: configuration.splitsSpecialTokens)
    let template =
      configuration.tokenizerClass.construction == .fromFileWithBertTemplate
      ? Self.bertTemplate(pipeline, configuration) : try file.template()
    self = TokenizerParts(
      pipeline: pipeline, template: template, decoder: try file.decoder(),
      trimming: try file.offsetTrimming())
  }

  private static func lowerCasing(file: String) -> TokenizerError {
    .unsupported(file: file, reason: "its BPE or Unigram is to have texts lower-cased")
  }

  static func robertaParameters(
    _ configuration: TokenizerConfiguration
  ) -> (unknownToken: String, addsPrefixSpace: Bool) {
    (configuration.name("unk_token") ?? "", configuration.addsPrefixSpace)
  }

  /// From a vocabulary and its merges and the configuration, as transformers' `RobertaTokenizer`.
  init(
    roberta model: BytePairs, added given: [(id: Int, token: AddedToken)],
    _ configuration: TokenizerConfiguration, file: String, lowersCase: Bool
  ) throws(TokenizerError) {
    if lowersCase { throw Self.lowerCasing(file: file) }
    var added = AddedVocabulary()
    try added.add(
      configuration.tokensToAdd(after: given), to: model.vocabulary, file: configuration.file)
    let pipeline = TextPipeline(
      normalizer: .identity, model: .bytePairs(model), addedTokens: added,
      splitsSpecialTokens: configuration.splitsSpecialTokens)
    guard let classifier = configuration.name("cls_token").flatMap(pipeline.id(of:)),
      let separator = configuration.name("sep_token").flatMap(pipeline.id(of:))
    else {
      throw .unsupported(file: configuration.file, reason: "cls_token or sep_token is null")
    }
    self = TokenizerParts(
      pipeline: pipeline, template: .roberta(classifier: classifier, separator: separator),
      decoder: .byteLevel,
      trimming: configuration.trimsOffsets
        ? OffsetTrimming(addsPrefixSpace: configuration.addsPrefixSpace) : nil)
  }

  /// From a Unigram model and the configuration, as transformers' `XLMRobertaTokenizer` and
  /// `CamembertTokenizer`.
  init(
    unigram model: Unigram, added given: [(id: Int, token: AddedToken)],
    _ configuration: TokenizerConfiguration, file: String, lowersCase: Bool
  ) throws(TokenizerError) {
    if lowersCase { throw Self.lowerCasing(file: file) }
    var added = AddedVocabulary()
    try added.add(
      configuration.tokensToAdd(after: given), to: model.vocabulary, file: configuration.file)
    let pipeline = TextPipeline(
      normalizer: .identity, model: .unigram(model), addedTokens: added,
      splitsSpecialTokens: configuration.splitsSpecialTokens)
    guard let first = configuration.name("bos_token").flatMap(pipeline.id(of:)),
      let separator = configuration.name("eos_token").flatMap(pipeline.id(of:))
    else {
      throw .unsupported(file: configuration.file, reason: "bos_token or eos_token is null")
    }
    self = TokenizerParts(
      pipeline: pipeline, template: .roberta(classifier: first, separator: separator),
      decoder: .metaspace(sign: "\u{2581}", dropsFirst: configuration.addsPrefixSpace))
  }

  /// From a vocabulary and the configuration, as transformers' `BertTokenizer`.
  init(
    bert vocabulary: Vocabulary.Builder, file: String, added given: [(id: Int, token: AddedToken)],
    _ configuration: TokenizerConfiguration, lowersCase: Bool
  ) throws(TokenizerError) {
    // Null is a token of this name to transformers.
    let unknownToken = configuration.name("unk_token") ?? "None"
    let model = try WordPiece(vocabulary: vocabulary, unknownToken: unknownToken, file: file)
    var added = AddedVocabulary()
    try added.add(
      configuration.tokensToAdd(after: given), to: model.vocabulary, file: configuration.file)
    let pipeline = TextPipeline(
      normalizer: configuration.normalizer.lowered(lowersCase), model: .wordPiece(model),
      addedTokens: added, splitsSpecialTokens: configuration.splitsSpecialTokens)
    self = TokenizerParts(
      pipeline: pipeline, template: Self.bertTemplate(pipeline, configuration),
      decoder: .wordPiece(WordPieceDecoder()))
  }

  private static func bertTemplate(
    _ pipeline: TextPipeline, _ configuration: TokenizerConfiguration
  ) -> Template {
    // Both are tokens now, added if the vocabulary lacked them. For one that is null, transformers
    // puts the id that it has in BERT's smallest vocabulary; two nulls count as one token, the last.
    let classifier = configuration.name("cls_token").flatMap(pipeline.id(of:))
    let separator = configuration.name("sep_token").flatMap(pipeline.id(of:))
    return Template.bert(
      classifier: classifier ?? (separator == nil ? 3 : 2), separator: separator ?? 3)
  }
}
