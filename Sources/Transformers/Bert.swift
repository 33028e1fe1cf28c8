import Tensors

extension ModelFamily {
  /// BERT (Devlin et al., 2018): [BertModel], [BertForSequenceClassification], [BertForMaskedLM],
  /// [BertForNextSentencePrediction] and [BertForPreTraining] in transformers, which has both heads of
  /// its pretraining.
  ///
  /// [BertModel]: https://huggingface.co/docs/transformers/model_doc/bert#transformers.BertModel
  /// [BertForSequenceClassification]: https://huggingface.co/docs/transformers/model_doc/bert#transformers.BertForSequenceClassification
  /// [BertForMaskedLM]: https://huggingface.co/docs/transformers/model_doc/bert#transformers.BertForMaskedLM
  /// [BertForNextSentencePrediction]: https://huggingface.co/docs/transformers/model_doc/bert#transformers.BertForNextSentencePrediction
  /// [BertForPreTraining]: https://huggingface.co/docs/transformers/model_doc/bert#transformers.BertForPreTraining
  public static let bert = ModelFamily(
    name: "BERT",
    modelType: "bert",
    classPrefix: "Bert",
    classEndings: [
      .sequenceClassification: ["ForSequenceClassification"],
      .maskedLM: ["ForMaskedLM", "ForPreTraining"],
      .nextSentence: ["ForNextSentencePrediction", "ForPreTraining"],
    ],
    tokenizerClass: "BertTokenizer",
    // The defaults of BertConfig.
    published: (name: "bert-base", configuration: #"{"model_type": "bert"}"#),
    studentType: "distilbert",
    keys: ConfigurationKeys(
      vocabularySize: .init("vocab_size", standard: 30522),
      hiddenSize: .init("hidden_size", standard: 768),
      layerCount: .init("num_hidden_layers", standard: 12),
      headCount: .init("num_attention_heads", standard: 12),
      intermediateSize: .init("intermediate_size", standard: 3072),
      activation: .init("hidden_act", standard: .gelu),
      layerNormEpsilon: .init("layer_norm_eps", standard: 1e-12),
      maxPositionEmbeddings: .init("max_position_embeddings", standard: 512),
      typeVocabularySize: .init("type_vocab_size", standard: 2),
      padTokenID: .init("pad_token_id", standard: 0),
      hiddenDropout: .init("hidden_dropout_prob", standard: 0.1),
      attentionDropout: .init("attention_probs_dropout_prob", standard: 0.1),
      classifierDropout: .init("classifier_dropout", standard: nil)),
    encoder: EncoderNames(
      prefix: "bert",
      words: "embeddings.word_embeddings.weight",
      positions: "embeddings.position_embeddings.weight",
      tokenTypes: "embeddings.token_type_embeddings.weight",
      norm: "embeddings.LayerNorm",
      layers: "encoder.layer",
      layer: LayerParts(
        query: "attention.self.query",
        key: "attention.self.key",
        value: "attention.self.value",
        attentionOutput: "attention.output.dense",
        attentionNorm: "attention.output.LayerNorm",
        intermediate: "intermediate.dense",
        output: "output.dense",
        outputNorm: "output.LayerNorm")),
    pooler: HiddenLayerName(name: "pooler.dense", activation: .tanh),
    classifier: ClassifierNames(last: "classifier"),
    nextSentence: "cls.seq_relationship",
    maskedLM: MaskedLMNames(
      root: "cls.predictions",
      transform: "transform.dense",
      norm: "transform.LayerNorm",
      decoder: "decoder",
      bias: "bias"))
}
