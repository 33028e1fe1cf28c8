extension ModelFamily {
  /// CamemBERT (Martin et al., 2020): RoBERTa for French with other classes and another vocabulary,
  /// [CamembertModel] in transformers.
  ///
  /// [CamembertModel]: https://huggingface.co/docs/transformers/model_doc/camembert#transformers.CamembertModel
  public static let camembert: ModelFamily = {
    var family = ModelFamily.roberta
    family.name = "CamemBERT"
    family.modelType = "camembert"
    family.classPrefix = "Camembert"
    family.tokenizerClass = "CamembertTokenizer"
    family.published = (
      name: "camembert-base",
      configuration: """
      {"model_type": "camembert", "vocab_size": 32005, "type_vocab_size": 1, \
      "max_position_embeddings": 514, "layer_norm_eps": 1e-5}
      """
    )
    // The default of CamembertConfig.
    family.keys.vocabularySize.standard = 30522
    return family
  }()
}
