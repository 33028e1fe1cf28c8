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
    try file.checkPreTokenizer()
    let model = try file.wordPiece()
    var added = AddedVocabulary()
    try added.add(given.map(\.token), to: model.vocabulary, file: file.file)
    if configuration.isPresent {
      try added.add(
        configuration.tokensToAdd(after: given), to: model.vocabulary, file: configuration.file)
    }
    let pipeline = try TextPipeline(
      normalizer: file.normalizer().lowered(lowersCase), model: model, addedTokens: added,
      splitsSpecialTokens: configuration.splitsSpecialTokens, file: file.file)
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
    guard let unknownToken = configuration.name("unk_token") else {
      throw .unsupported(
        file: configuration.file,
        reason:
          "its unk_token is null, which leaves words that the vocabulary lacks without a token")
    }
    let model = try WordPiece(vocabulary: vocabulary, unknownToken: unknownToken, file: file)
    var added = AddedVocabulary()
    try added.add(
      configuration.tokensToAdd(after: given), to: model.vocabulary, file: configuration.file)
    let pipeline = try TextPipeline(
      normalizer: configuration.normalizer.lowered(lowersCase), model: model, addedTokens: added,
      splitsSpecialTokens: configuration.splitsSpecialTokens, file: file)
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
