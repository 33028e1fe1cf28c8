extension ModelFamily {
  /// XLM-RoBERTa (Conneau et al., 2020): RoBERTa with other classes and another vocabulary,
  /// [XLMRobertaModel] in transformers.
  ///
  /// [XLMRobertaModel]: https://huggingface.co/docs/transformers/model_doc/xlm-roberta#transformers.XLMRobertaModel
  public static let xlmRoberta: ModelFamily = {
    var family = ModelFamily.roberta
    family.name = "XLM-RoBERTa"
    family.modelType = "xlm-roberta"
    family.classPrefix = "XLMRoberta"
    family.tokenizerClass = "XLMRobertaTokenizer"
    family.published = (
      name: "xlm-roberta-base",
      configuration: """
      {"model_type": "xlm-roberta", "vocab_size": 250002, "type_vocab_size": 1, \
      "max_position_embeddings": 514, "layer_norm_eps": 1e-5}
      """
    )
    // The default of XLMRobertaConfig.
    family.keys.vocabularySize.standard = 30522
    return family
  }()
}
