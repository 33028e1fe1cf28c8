import Checkpoints
import Evaluation
import Inference
package import Tensors
package import Tokenization
package import Transformers

/// From a text, or a pair of texts, to its label and scores.
package struct ClassificationTask: ModelTask {
  let model: SequenceClassificationModel
  let tokenizer: BertTokenizer
  let labels: [String]
  let scoreFunction: ScoreFunction
  let maxLength: Int
  /// Tokens that windows overlap by; nil where long texts are truncated.
  let stride: Int?
  /// Whether an empty second text is one.
  let keepsEmptyPairs: Bool
  /// Where the model was opened from, for messages.
  let folder: String

  /// A sequence as a part of its text.
  package struct Window {
    let tokenCount: Int
    /// Tokens of the text itself.
    let textTokenCount: Int
    let isTruncated: Bool
  }

  package func estimatedTokens(_ input: TextInput) -> Int {
    // A text in windows counts with all its tokens.
    input.estimatedTokens(limit: stride == nil ? maxLength : .max)
  }

  package func tokenize(
    _ input: TextInput, in tokens: inout TokenBuffer,
    append: (_ ids: [Int32], _ tokenTypeIDs: [UInt8], Window) throws -> Void
  ) throws {
    let pair = keepsEmptyPairs ? input.pair : input.forClassifier.pair
    guard let stride else {
      tokens.removeAll()
      let (count, isTruncated) = try tokenizer.append(
        input.text, pair: pair, maxLength: maxLength, to: &tokens)
      let window = Window(tokenCount: count, textTokenCount: count, isTruncated: isTruncated)
      return try append(tokens.ids, tokens.tokenTypeIDs, window)
    }
    if pair != nil { throw ClassifierError.windowsOfPair }
    try tokenizer.forEachWindow(
      of: input.text, maxLength: maxLength, stride: stride, in: &tokens
    ) { tokens, textTokenCount, _ in
      let window = Window(
        tokenCount: tokens.ids.count, textTokenCount: textTokenCount, isTruncated: false)
      try append(tokens.ids, tokens.tokenTypeIDs, window)
    }
  }

  package func outputs(
    of batch: PackedBatch, _ sequences: [Window], workspace: Workspace
  ) throws -> [Result<[Float], any Error>] {
    let logits = try model.logits(batch, workspace: workspace)
    return sequences.indices.map { sequence in
      let row = logits.row(sequence)
      // A logit of minus infinity is a label that no text has.
      guard row.allSatisfy({ $0 < .infinity }), row.contains(where: \.isFinite) else {
        return .failure(ClassifierError.notFinite(folder: folder))
      }
      return .success(Array(row))
    }
  }

  /// The logits of several windows are their mean, each by its tokens of text.
  package func answer(_ outputs: [(sequence: Window, output: [Float])]) -> Classification {
    var logits = [Double](repeating: 0, count: outputs[0].output.count)
    var weight = 0.0
    for (window, row) in outputs {
      // An empty text is one window, which counts.
      let share = Double(max(1, window.textTokenCount))
      for index in row.indices { logits[index] += Double(row[index]) * share }
      weight += share
    }
    return Classification(
      // Of a single window the logits to the last bit: a Double holds a Float times a count exactly.
      logits: logits.map { Float($0 / weight) }, scoring: scoreFunction, labels: labels,
      tokenCount: outputs.reduce(0) { $0 + $1.sequence.tokenCount }, windowCount: outputs.count,
      isTruncated: outputs[0].sequence.isTruncated)
  }
}

extension ScoreFunction {
  /// The choice of transformers' pipeline for a model.
  init(_ configuration: ModelConfiguration) {
    switch configuration.problemType {
    case .multiLabelClassification: self = .sigmoid
    case .regression: self = .identity
    case .singleLabelClassification, nil:
      self = configuration.labels.count == 1 ? .sigmoid : .softmax
    }
  }
}
