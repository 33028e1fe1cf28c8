import Quoting

/// Features that a model cannot give.
public enum FeatureError: DescribedError, Sendable, Equatable {
  /// A layer that the model does not have.
  case layerOutOfRange(requested: Int, layers: Int)
  /// DistilBERT has no pooler.
  case noPoolerInFamily(folder: String)
  /// A BERT checkpoint that was saved without its pooler.
  case noPoolerStored(folder: String)
  /// A checkpoint without the hidden layer of a DistilBERT classifier.
  case noPreClassifier(folder: String)
  /// A layer was chosen for features that are made from the last one.
  case poolingOfLastLayerOnly(FeatureExtractor.Pooling)

  public var description: String {
    switch self {
    case .layerOutOfRange(let requested, let layers):
      """
      layer \(requested) is out of range: this model takes 0 (the embeddings) to \(layers), or \
      -1 (the last layer) down to \(-layers - 1)
      """
    case .noPoolerInFamily(let folder):
      "\(folder): DistilBERT models have no pooler; take the pooling cls or mean"
    case .noPoolerStored(let folder):
      "\(folder): the checkpoint was saved without its pooler; take the pooling cls or mean"
    case .noPreClassifier(let folder):
      """
      \(folder): there is no pre_classifier, which only classifiers of DistilBERT have; take the \
      pooling cls or mean
      """
    case .poolingOfLastLayerOnly(let pooling):
      "the pooling \(pooling.rawValue) is made from the last layer; take cls, mean or max for others"
    }
  }
}
