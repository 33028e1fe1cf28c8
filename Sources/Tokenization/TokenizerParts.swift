/// A tokenizer put together from its files.
struct TokenizerParts {
  let pipeline: TextPipeline
  let template: Template
  let decoder: WordPieceDecoder

  private init(pipeline: TextPipeline, template: Template, decoder: WordPieceDecoder) {
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
    let splitting = try file.splitting()
    let model = try file.wordModel()
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
    self = TokenizerParts(pipeline: pipeline, template: template, decoder: try file.decoder())
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
      normalizer: configuration.normalizer.lowered(lowersCase), model: model, addedTokens: added,
      splitsSpecialTokens: configuration.splitsSpecialTokens)
    self = TokenizerParts(
      pipeline: pipeline, template: Self.bertTemplate(pipeline, configuration),
      decoder: WordPieceDecoder())
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
