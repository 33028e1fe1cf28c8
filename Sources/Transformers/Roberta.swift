import Tensors

extension ModelFamily {
  /// RoBERTa (Liu et al., 2019): [RobertaModel], [RobertaForSequenceClassification] and
  /// [RobertaForMaskedLM] in transformers. BERT's encoder, whose positions begin behind that of padding;
  /// the classifier has a hidden layer of its own, and published models have one token type.
  ///
  /// [RobertaModel]: https://huggingface.co/docs/transformers/model_doc/roberta#transformers.RobertaModel
  /// [RobertaForSequenceClassification]: https://huggingface.co/docs/transformers/model_doc/roberta#transformers.RobertaForSequenceClassification
  /// [RobertaForMaskedLM]: https://huggingface.co/docs/transformers/model_doc/roberta#transformers.RobertaForMaskedLM
  public static let roberta: ModelFamily = {
    var family = ModelFamily.bert
    family.name = "RoBERTa"
    family.modelType = "roberta"
    family.classPrefix = "Roberta"
    family.classEndings = [
      .sequenceClassification: ["ForSequenceClassification"],
      .maskedLM: ["ForMaskedLM"],
    ]
    family.tokenizerClass = "RobertaTokenizer"
    family.published = (
      name: "roberta-base",
      configuration: """
      {"model_type": "roberta", "max_position_embeddings": 514, "type_vocab_size": 1, \
      "layer_norm_eps": 1e-5}
      """
    )
    family.studentType = nil
    // The defaults of RobertaConfig.
    family.keys.vocabularySize.standard = 50265
    family.keys.padTokenID.standard = 1
    family.firstPosition = .behindPadding
    family.encoder.prefix = "roberta"
    family.classifier = ClassifierNames(
      hidden: HiddenLayerName(name: "classifier.dense", activation: .tanh),
      last: "classifier.out_proj",
      dropsInput: true)
    family.nextSentence = nil
    family.maskedLM = MaskedLMNames(
      root: "lm_head",
      transform: "dense",
      // Whatever the layers have.
      activation: .gelu,
      norm: "layer_norm",
      decoder: "decoder",
      bias: "bias")
    return family
  }()
}
