import Checkpoints
package import Files
import Tensors
import Transformers

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// What a model folder can be used for.
public enum ModelUse: Sendable, CaseIterable {
  /// ``TextClassifier``
  case classification
  /// ``FillMask``
  case maskFilling
  /// ``NextSentence``
  case nextSentence
  /// ``FeatureExtractor``
  case features

  /// Opens the folder for each use in turn, and tells which succeed: at least one.
  ///
  /// - Throws: Where none does, what keeps the folder from the use that its `config.json` names, or from
  ///   any: `CheckpointError`, `TokenizerError`, ``ClassifierError``.
  public static func uses(of folder: URL) throws -> [ModelUse] {
    try uses(of: OpenedFolder(folder))
  }

  package static func uses(of folder: OpenedFolder) throws -> [ModelUse] {
    // In float32 weights are used as they lie in the file, or widened: nothing is packed.
    let (threads, precision) = (1, Precision.float32)
    var failures: [ModelUse: any Error] = [:]
    for use in allCases {
      do {
        switch use {
        case .classification:
          _ = try TextClassifier(
            folder: folder, options: .init(threads: threads, precision: precision))
        case .maskFilling:
          _ = try FillMask(folder: folder, options: .init(threads: threads, precision: precision))
        case .nextSentence:
          _ = try NextSentence(
            folder: folder, options: .init(threads: threads, precision: precision))
        case .features:
          // Of the encoder itself: whether a folder of sentence-transformers asks for more than there
          // is, is another matter.
          _ = try FeatureExtractor(
            folder: SentenceModules.encoderFolder(of: folder),
            options: .init(pooling: .mean, threads: threads, precision: precision))
        }
      } catch {
        failures[use] = error
      }
    }
    // A classifier that cannot be opened is not in order, though its encoder may be.
    if let failure = failures[.classification], !(failure is MissingHeadError),
      let architecture = try? ModelConfiguration(folder: folder).architectures.first,
      Head.sequenceClassification.isIn(className: architecture)
    {
      throw failure
    }
    let uses = allCases.filter { failures[$0] == nil }
    if uses.isEmpty, let failure = failures[.features] ?? failures.values.first { throw failure }
    return uses
  }
}
