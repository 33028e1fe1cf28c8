import Checkpoints
import Cloud4Bert
import Tensors
import Transformers

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What `info` tells, as a JSON object for programs.
struct InfoObject: Encodable {
  let version = Cloud4BertVersion.current
  let blas = Libraries()
  let processor = Machine()
  let model: Model

  struct Libraries: Encodable {
    let configuration = BLAS.configuration
    let coreType = BLAS.coreType
    let threads = BLAS.threads
  }

  struct Machine: Encodable {
    let extensions = Processor.extensions
    let kernels = Processor.kernels
    let usesAMX = Processor.amxObstacle == nil
    /// Variables and limits that slow it down, or do nothing.
    let notes = [BLAS.limitation].compactMap { $0 } + Processor.unheededVariables
    /// What computes in each precision.
    let precisions = Dictionary(
      uniqueKeysWithValues: Precision.allCases.map { ("\($0)", $0.kernel) })
    let products = FloatProducts()

    enum CodingKeys: String, CodingKey {
      case extensions, kernels, notes, precisions, products
      case usesAMX = "uses_amx"
    }
  }

  /// What multiplies in float32.
  struct FloatProducts: Encodable {
    let auto = Products.automatic.rawValue
    let reason = Products.automaticReason
    let blas = Products.blas.kernel
    let engine = Products.engine.kernel
  }

  struct Model: Encodable {
    let folder: String
    let architecture: String
    let layers: Int
    let hiddenSize: Int
    let heads: Int
    let intermediateSize: Int
    let parameters: Int
    let vocabularySize: Int
    /// Tokens of the longest text.
    let maxLength: Int
    /// Of a classifier.
    let labels: [String]?
    let scores: String?
    /// The commands that take it.
    let goodFor: [String]
    let files: [File]
    let dataTypes: [String]
  }

  struct File: Encodable {
    let name: String
    let bytes: Int
  }

  init(
    folder: URL, configuration: ModelConfiguration, summary: ModelSummary, maxLength: Int,
    classifier: TextClassifier?, commands: [String]
  ) {
    model = Model(
      folder: folder.path, architecture: summary.architecture, layers: configuration.layerCount,
      hiddenSize: configuration.hiddenSize, heads: configuration.headCount,
      intermediateSize: configuration.intermediateSize, parameters: summary.parameterCount,
      vocabularySize: configuration.vocabularySize, maxLength: maxLength,
      labels: classifier?.labels, scores: classifier.map { "\($0.scoreFunction)" },
      goodFor: commands,
      files: summary.files.map { File(name: $0.name, bytes: $0.byteCount) },
      dataTypes: summary.elementTypes)
  }

  /// One line, its keys in alphabetical order.
  var text: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.keyEncodingStrategy = .convertToSnakeCase
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }
}
