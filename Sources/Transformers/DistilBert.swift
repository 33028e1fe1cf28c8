import Tensors

extension ModelFamily {
  /// DistilBERT (Sanh et al., 2019): [DistilBertModel], [DistilBertForSequenceClassification] and
  /// [DistilBertForMaskedLM] in transformers. No token types, no pooler; the classifier has a hidden
  /// layer of its own.
  ///
  /// [DistilBertModel]: https://huggingface.co/docs/transformers/model_doc/distilbert#transformers.DistilBertModel
  /// [DistilBertForSequenceClassification]: https://huggingface.co/docs/transformers/model_doc/distilbert#transformers.DistilBertForSequenceClassification
  /// [DistilBertForMaskedLM]: https://huggingface.co/docs/transformers/model_doc/distilbert#transformers.DistilBertForMaskedLM
  public static let distilBert = ModelFamily(
    name: "DistilBERT",
    modelType: "distilbert",
    classPrefix: "DistilBert",
    classEndings: [
      .sequenceClassification: ["ForSequenceClassification"],
      .maskedLM: ["ForMaskedLM"],
    ],
    tokenizerClass: "DistilBertTokenizer",
    // The defaults of DistilBertConfig.
    published: (name: "distilbert", configuration: #"{"model_type": "distilbert"}"#),
    keys: ConfigurationKeys(
      vocabularySize: .init("vocab_size", standard: 30522),
      // transformers maps the three general names onto DistilBERT's own (`attribute_map`).
      hiddenSize: .init("dim", "hidden_size", standard: 768),
      layerCount: .init("n_layers", "num_hidden_layers", standard: 6),
      headCount: .init("n_heads", "num_attention_heads", standard: 12),
      intermediateSize: .init("hidden_dim", standard: 3072),
      activation: .init("activation", standard: .gelu),
      layerNormEpsilon: .init(standard: 1e-12),
      maxPositionEmbeddings: .init("max_position_embeddings", standard: 512),
      typeVocabularySize: .init(standard: 0),
      padTokenID: .init("pad_token_id", standard: 0),
      hiddenDropout: .init("dropout", standard: 0.1),
      attentionDropout: .init("attention_dropout", standard: 0.1),
      classifierDropout: .init("seq_classif_dropout", standard: 0.2),
      // Sinusoidal position embeddings are stored like learned ones.
      flags: ["sinusoidal_pos_embds"]),
    encoder: EncoderNames(
      prefix: "distilbert",
      words: "embeddings.word_embeddings.weight",
      positions: "embeddings.position_embeddings.weight",
      norm: "embeddings.LayerNorm",
      layers: "transformer.layer",
      layer: LayerParts(
        query: "attention.q_lin",
        key: "attention.k_lin",
        value: "attention.v_lin",
        attentionOutput: "attention.out_lin",
        attentionNorm: "sa_layer_norm",
        intermediate: "ffn.lin1",
        output: "ffn.lin2",
        outputNorm: "output_layer_norm")),
    classifier: ClassifierNames(
      hidden: HiddenLayerName(name: "pre_classifier", activation: .relu),
      last: "classifier"),
    maskedLM: MaskedLMNames(
      transform: "vocab_transform",
      norm: "vocab_layer_norm",
      decoder: "vocab_projector"),
    dropsAttentionOutput: false)
}
