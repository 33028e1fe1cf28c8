public import Files

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Why a model folder or a setting cannot be used together. Damaged files throw `CheckpointError` or
/// `TokenizerError`.
public enum ClassifierError: DescribedError, Sendable, Equatable {
  /// The model that comes with the package is in none of the places where it is looked for.
  case defaultModelMissing(lookedIn: [String])
  /// A maximum length that the model has no positions for, or that leaves no room for text.
  case maxLengthOutOfRange(requested: Int, allowed: ClosedRange<Int>)
  /// Windows that would overlap by all their text, or more.
  case strideOutOfRange(requested: Int, allowed: Range<Int>)
  /// A pair of texts, of which no windows are made.
  case windowsOfPair
  /// An option out of its range, or of no use to the task.
  case wrongOption(String, value: String, expected: String)
  /// Names were given for another number of labels than the model has.
  case labelCount(given: Int, labels: [String])
  /// Two labels were given one name.
  case duplicateLabel(String)
  /// An infinite answer, or one that is no number.
  case notFinite(folder: String)

  public var description: String {
    switch self {
    case .defaultModelMissing(let folders):
      """
      the default model is in none of \(folders.joined(separator: ", ")); keep the folder \
      Cloud4Bert_DefaultModel.resources beside the program, or give a model folder
      """
    case .maxLengthOutOfRange(let requested, let allowed):
      """
      a maximum length of \(requested) tokens is out of range: this model takes \
      \(allowed.lowerBound) to \(allowed.upperBound), special tokens included
      """
    case .strideOutOfRange(let requested, let allowed):
      """
      a stride of \(requested) tokens is out of range: windows of this length overlap by \
      \(allowed.lowerBound) to \(allowed.upperBound - 1) tokens
      """
    case .windowsOfPair:
      "a pair of texts cannot be cut into windows: classify pairs with truncation"
    case .wrongOption(let name, let value, let expected):
      "the option \(name) is \(value); give \(expected)"
    case .labelCount(let given, let labels):
      """
      \(given) label\(given == 1 ? "" : "s") named, but the model has \(labels.count): \
      \(quotedList(labels)); name each of them, in this order
      """
    case .duplicateLabel(let name):
      "two labels are called \(quoted(name)): name every label once, in the order of the label ids"
    case .notFinite(let folder):
      "\(folder): the model's answer is infinite or not a number; its weights may be damaged"
    }
  }
}
