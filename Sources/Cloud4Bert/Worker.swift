import Synchronization
import Tensors
import Tokenization
import Transformers

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The memory of one running batch: tokens, packed sequences and activations. Used again by the next
/// one, so that warm batches allocate almost nothing.
final class Worker {
  var tokens = TokenBuffer()
  var batch = PackedBatch()
  let workspace = Workspace()
  /// What the sequences of the batch are of their texts.
  private var windows: [Window] = []
  /// Of the text whose windows are not all run.
  private var sum = WindowSum()
  /// Whether to stop between the batches of one call when the task is cancelled.
  private var isCancellable = false

  func classify(
    _ inputs: some Collection<TextInput>, with classifier: TextClassifier, team: Team?,
    isCancellable: Bool = false, clock: StageClock? = nil
  ) throws -> [Classification] {
    self.isCancellable = isCancellable
    workspace.team = team
    workspace.clock = clock
    clock?.start()
    defer {
      workspace.team = nil
      workspace.clock = nil
    }
    var answers: [Classification] = []
    answers.reserveCapacity(inputs.count)
    startBatch()
    sum = WindowSum()
    for input in inputs {
      let pair = classifier.keepsEmptyPairs ? input.pair : input.forClassifier.pair
      // The tokens go to the buffer first: only then is it known whether they fit this batch.
      if let stride = classifier.stride {
        if pair != nil { throw ClassifierError.windowsOfPair }
        try classifier.tokenizer.forEachWindow(
          of: input.text, maxLength: classifier.maxLength, stride: stride, in: &tokens
        ) { tokens, textTokenCount, isLast in
          let window = Window(textTokenCount: textTokenCount, isLast: isLast, isTruncated: false)
          try append(tokens, window, with: classifier, into: &answers)
        }
      } else {
        tokens.removeAll()
        let (count, isTruncated) = try classifier.tokenizer.append(
          input.text, pair: pair, maxLength: classifier.maxLength, to: &tokens)
        let window = Window(textTokenCount: count, isLast: true, isTruncated: isTruncated)
        try append(tokens, window, with: classifier, into: &answers)
      }
    }
    if batch.sequenceCount > 0 { try run(classifier, into: &answers) }
    return answers
  }

  private func append(
    _ tokens: TokenBuffer, _ window: Window, with classifier: TextClassifier,
    into answers: inout [Classification]
  ) throws {
    workspace.lap(.tokenization)
    let count = batch.tokenCount + tokens.ids.count
    if batch.tokenCount > 0, count > classifier.options.batchTokens {
      try run(classifier, into: &answers)
    }
    batch.append(tokens.ids, tokenTypeIDs: tokens.tokenTypeIDs)
    windows.append(window)
  }

  private func startBatch() {
    batch.removeAll()
    windows.removeAll(keepingCapacity: true)
  }

  private func run(_ classifier: TextClassifier, into answers: inout [Classification]) throws {
    // A text in windows may be as long as a book.
    if isCancellable { try Task.checkCancellation() }
    let logits = try classifier.model.logits(batch, workspace: workspace)
    for (sequence, window) in windows.enumerated() {
      let row = logits.row(sequence)
      // A logit of minus infinity is a label that no text has.
      guard row.allSatisfy({ $0 < .infinity }), row.contains(where: \.isFinite) else {
        throw ClassifierError.notFinite(folder: classifier.folder.path)
      }
      sum.add(
        row, tokenCount: batch.tokens(of: sequence).count,
        textTokenCount: window.textTokenCount)
      guard window.isLast else { continue }
      answers.append(
        Classification(
          logits: sum.mean, scoring: classifier.scoreFunction, labels: classifier.labels,
          tokenCount: sum.tokenCount, windowCount: sum.windowCount,
          isTruncated: window.isTruncated))
      sum = WindowSum()
    }
    workspace.lap(.answers)
    startBatch()
  }
}

/// A sequence of a batch, as a part of its text.
private struct Window {
  /// Tokens of the text itself.
  let textTokenCount: Int
  let isLast: Bool
  let isTruncated: Bool
}

/// The logits of a text's windows so far, each by its tokens of text.
private struct WindowSum {
  private(set) var tokenCount = 0
  private(set) var windowCount = 0
  private var weight = 0.0
  private var logits: [Double] = []

  mutating func add(_ row: [Float], tokenCount: Int, textTokenCount: Int) {
    // An empty text is one window, which counts.
    let share = Double(max(1, textTokenCount))
    if logits.isEmpty { logits = [Double](repeating: 0, count: row.count) }
    for index in row.indices { logits[index] += Double(row[index]) * share }
    weight += share
    self.tokenCount += tokenCount
    windowCount += 1
  }

  /// Of a single window the logits to the last bit: a Double holds a Float times a count exactly.
  var mean: [Float] { logits.map { Float($0 / weight) } }
}

/// Workers at rest. As many are made as ever ran at once.
final class WorkerPool: Sendable {
  // A worker belongs to whoever took it, so handing it between threads is safe.
  private struct Idle: @unchecked Sendable {
    var workers: [Worker] = []
  }

  private let idle = Mutex(Idle())

  func take() -> sending Worker {
    idle.withLock { $0.workers.popLast().map(Unshared.init) }?.worker ?? Worker()
  }

  func giveBack(_ worker: Worker) {
    let unshared = Unshared(worker: worker)
    idle.withLock { $0.workers.append(unshared.worker) }
  }

  private struct Unshared: @unchecked Sendable {
    nonisolated(unsafe) let worker: Worker
  }
}
