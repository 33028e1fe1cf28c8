public import Files

/// Why a student cannot learn from a teacher, in one line.
public enum DistillationError: DescribedError, Sendable, Equatable {
  /// A teacher of labels that has none to tell apart.
  case noClassifier(folder: String, architecture: String?)
  /// A teacher that does not choose one of several labels.
  case notSingleLabel(folder: String)
  /// No layer, or more layers than the teacher has to give.
  case tooManyLayers(asked: Int, teacher: Int)
  /// Layers of the teacher that it has not.
  case layerOutOfRange(layer: Int, teacher: Int)
  /// A width that heads of the teacher's size do not divide, or one out of all range.
  case hiddenSizeNotDivisible(asked: Int, headSize: Int)
  /// A student that another tokenizer goes with.
  case otherTokenizer(student: String, teacher: String, difference: String)
  /// A student with other labels than the teacher's.
  case otherLabels(student: [String], teacher: [String])
  /// A cosine loss between states of different widths.
  case otherHiddenSize(student: Int, teacher: Int)
  /// A task loss without a text that has a label.
  case noLabels(textCount: Int)
  /// A tokenizer without a mask token.
  case noMaskToken(folder: String)
  /// Texts of which no token can be hidden.
  case nothingToHide(textCount: Int)

  public var description: String {
    switch self {
    case .noClassifier(let folder, let architecture):
      """
      \(folder): the teacher has no classifier\(architecture.map { ", it is a \(quoted($0))" } ?? ""); \
      fine-tune it first
      """
    case .notSingleLabel(let folder):
      """
      \(folder): the teacher does not choose one of several labels; distillation is for classifiers \
      that do
      """
    case .tooManyLayers(let asked, let teacher):
      """
      a student of \(asked) layers cannot begin as a part of a teacher of \(teacher); ask for 1 to \
      \(teacher), or name layers, some twice
      """
    case .layerOutOfRange(let layer, let teacher):
      "the teacher has no layer \(layer): its \(teacher) layers are numbered 0 to \(teacher - 1)"
    case .hiddenSizeNotDivisible(let asked, let headSize):
      """
      a hidden size of \(asked) is not a multiple of the teacher's head size, \(headSize), up to \
      \(StudentInitialization.largestHiddenSize); take \(Self.nearest(to: asked, headSize: headSize))
      """
    case .otherTokenizer(let student, let teacher, let difference):
      """
      \(student): the student's tokenizer is not the teacher's (\(teacher)): \(difference); both \
      must see the same tokens
      """
    case .otherLabels(let student, let teacher):
      """
      the student has \(Self.listed(student)) where the teacher has \(Self.listed(teacher)); take a \
      student with the teacher's labels in the same order, or begin with a part of the teacher
      """
    case .otherHiddenSize(let student, let teacher):
      """
      states of \(student) and of \(teacher) dimensions have no cosine; take a student \
      of the teacher's hidden size, or give the cosine loss no weight
      """
    case .noLabels(let count):
      """
      none of the \(count) texts has a label, which the task's loss needs; label some, or give \
      that loss no weight, to learn from the teacher alone
      """
    case .noMaskToken(let folder):
      "\(folder): the tokenizer has no mask token to hide words with"
    case .nothingToHide(let count):
      "none of the \(count) texts has a token that can be hidden; give longer texts"
    }
  }

  /// The multiples of the head size on both sides.
  private static func nearest(to size: Int, headSize: Int) -> String {
    let largest = StudentInitialization.largestHiddenSize / headSize
    let below = min(max(1, size / headSize), largest)
    let above = min(below + 1, largest)
    return size < headSize || above == below
      ? "\(below * headSize)" : "\(below * headSize) or \(above * headSize)"
  }

  private static func listed(_ labels: [String]) -> String {
    "\(labels.count) label\(labels.count == 1 ? "" : "s") (\(quotedList(labels)))"
  }
}
