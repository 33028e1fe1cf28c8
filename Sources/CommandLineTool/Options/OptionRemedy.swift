import HuggingFaceHub
import Records
import Training
import Transformers

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The option or the command that mends what a library found wrong: the library speaks of its own
/// settings, and what these are called here only the command line knows.
enum OptionRemedy {
  /// A fault in its own words, and behind them the option that mends it.
  static func message(of error: any Error) -> String {
    "\(error)\(words(for: error) ?? "")"
  }

  private static func words(for error: any Error) -> String? {
    switch error {
    case let error as RecordError: words(for: error)
    case let error as TrainingError: words(for: error)
    case let error as DistillationError: words(for: error)
    case ModelFolderError.exists: " with --overwrite"
    case let error as MissingHeadError: error.isMendedByTraining ? " with cloud4bert train" : nil
    case HubError.notCached(let model, _, _): " with: cloud4bert pull \(model)"
    default: nil
    }
  }

  private static func words(for error: RecordError) -> String? {
    switch error {
    case .cannotRead(_, EISDIR): "; give a file of texts"
    case .ambiguousDelimiter: " with --delimiter"
    case .unterminatedQuote(_, hasBackslashes: false): " with --no-quotes"
    case .fieldCount(_, _, _, cause: .quotesNotRead): " (leave --no-quotes out)"
    case .notText(_, _, .unpacking(_, let format)):
      " | cloud4bert ... --input -\(format.map { " --format \($0.rawValue)" } ?? "")"
    default: nil
    }
  }

  private static func words(for error: TrainingError) -> String? {
    switch error {
    case .noCheckpoint: " without --resume"
    case .otherRun, .damagedCheckpoint: " with --overwrite"
    case .cannotWrite(_, .some): " with --resume"
    default: nil
    }
  }

  private static func words(for error: DistillationError) -> String? {
    switch error {
    case .noClassifier: " with cloud4bert train"
    case .tooManyLayers: ", with --take-layers"
    case .otherLabels: " (leave --student out)"
    case .otherHiddenSize: " (--cosine-weight 0)"
    case .noLabels: " (--task-weight 0)"
    default: nil
    }
  }
}
