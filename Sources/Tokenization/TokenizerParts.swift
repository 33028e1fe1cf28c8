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
  init(_ file: TokenizerFile, _ configuration: TokenizerConfiguration) throws(TokenizerError) {
    let given = try file.addedTokens()
    if configuration.tokenizerClass.construction == .rebuilt {
      try self.init(bert: file.vocabulary, file: file.file, added: given, configuration)
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
      normalizer: file.normalizer(), model: model, addedTokens: added, file: file.file)
    let template =
      configuration.tokenizerClass.construction == .fromFileWithBertTemplate
      ? Self.bertTemplate(pipeline, configuration) : try file.template()
    self = TokenizerParts(pipeline: pipeline, template: template, decoder: try file.decoder())
  }

  /// From a vocabulary and the configuration, as transformers' `BertTokenizer`.
  init(
    bert vocabulary: Vocabulary.Builder, file: String, added given: [(id: Int, token: AddedToken)],
    _ configuration: TokenizerConfiguration
  ) throws(TokenizerError) {
    let model = try WordPiece(
      vocabulary: vocabulary, unknownToken: configuration.name("unk_token") ?? "[UNK]", file: file)
    var added = AddedVocabulary()
    try added.add(
      configuration.tokensToAdd(after: given), to: model.vocabulary, file: configuration.file)
    let pipeline = try TextPipeline(
      normalizer: configuration.normalizer, model: model, addedTokens: added, file: file)
    self = TokenizerParts(
      pipeline: pipeline, template: Self.bertTemplate(pipeline, configuration),
      decoder: WordPieceDecoder())
  }

  private static func bertTemplate(
    _ pipeline: TextPipeline, _ configuration: TokenizerConfiguration
  ) -> Template {
    // Both are tokens now, added if the vocabulary lacked them.
    Template.bert(
      classifier: configuration.name("cls_token").flatMap(pipeline.id(of:)) ?? 0,
      separator: configuration.name("sep_token").flatMap(pipeline.id(of:)) ?? 0)
  }
}
