public import Files

/// Features that a model cannot give.
public enum FeatureError: DescribedError, Sendable, Equatable {
  /// A layer that the model does not have.
  case layerOutOfRange(requested: Int, layers: Int)
  /// A model of a family that has no pooler, such as DistilBERT.
  case noPoolerInFamily(String, folder: String)
  /// A checkpoint that was saved without its pooler.
  case noPoolerStored(folder: String)
  /// A model of a family whose classifiers have no hidden layer beside the pooler, such as BERT.
  case noPreClassifierInFamily(String, folder: String)
  /// A checkpoint that was saved without the hidden layer of a classifier.
  case noPreClassifierStored(folder: String)
  /// A layer was chosen for features that are made from the last one.
  case poolingOfLastLayerOnly(FeatureExtractor.Pooling)
  /// A folder of sentence-transformers that makes no vector of a text.
  case noPoolingModule(folder: String)
  /// A prompt that the folder does not have.
  case noSuchPrompt(String, folder: String, known: [String])
  /// More numbers of a vector than it has, or none.
  case truncatedSizeOutOfRange(requested: Int, size: Int)
  /// A text of which nothing is left without its prompt, which this model's pooling leaves out.
  case nothingBehindPrompt(folder: String)

  public var description: String {
    switch self {
    case .layerOutOfRange(let requested, let layers):
      """
      layer \(requested) is out of range: this model takes 0 (the embeddings) to \(layers), or \
      -1 (the last layer) down to \(-layers - 1)
      """
    case .noPoolerInFamily(let family, let folder):
      "\(folder): \(family) models have no pooler; take the pooling cls or mean"
    case .noPoolerStored(let folder):
      "\(folder): the checkpoint was saved without its pooler; take the pooling cls or mean"
    case .noPreClassifierInFamily(let family, let folder):
      """
      \(folder): classifiers of \(family) have no hidden layer but the pooler; take the pooling pooler, \
      cls or mean
      """
    case .noPreClassifierStored(let folder):
      """
      \(folder): the checkpoint was saved without a classifier's hidden layer; take the pooling cls or \
      mean
      """
    case .poolingOfLastLayerOnly(let pooling):
      "the pooling \(pooling.rawValue) is made from the last layer; take cls, mean or max for others"
    case .noPoolingModule(let folder):
      "\(folder): its modules.json has no Pooling; name the pooling, such as mean"
    case .noSuchPrompt(let name, let folder, let known):
      """
      \(folder) has no prompt \(quoted(name)): \
      \(known.isEmpty ? "it is no folder of sentence-transformers" : "there are \(quotedList(known))")
      """
    case .truncatedSizeOutOfRange(let requested, let size):
      "\(requested) numbers of a vector cannot be kept: 1 to \(size) are supported"
    case .nothingBehindPrompt(let folder):
      """
      \(folder): no token of the text is left beside the prompt, whose tokens the pooling leaves out; \
      take a shorter prompt or a greater maximum length
      """
    }
  }
}
