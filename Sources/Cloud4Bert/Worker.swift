import Synchronization
import Tensors
import Tokenization
import Transformers

/// The memory of one running batch: tokens, packed sequences and activations. Used again by the next
/// one, so that warm batches allocate almost nothing.
final class Worker {
  var tokens = TokenBuffer()
  var batch = PackedBatch()
  let workspace = Workspace()
  private var truncated: [Bool] = []

  func classify(
    _ inputs: some Collection<TextInput>, with classifier: TextClassifier, team: Team?
  ) throws -> [Classification] {
    workspace.team = team
    defer { workspace.team = nil }
    var answers: [Classification] = []
    answers.reserveCapacity(inputs.count)
    startBatch()
    for input in inputs {
      // The tokens go to the buffer first: only then is it known whether they fit this batch.
      tokens.removeAll()
      let (count, isTruncated) = try classifier.tokenizer.append(
        input.text, pair: input.pair, maxLength: classifier.maxLength, to: &tokens)
      if batch.tokenCount > 0, batch.tokenCount + count > classifier.options.batchTokens {
        try run(classifier, into: &answers)
      }
      batch.append(tokens.ids, tokenTypeIDs: tokens.tokenTypeIDs)
      truncated.append(isTruncated)
    }
    if batch.sequenceCount > 0 { try run(classifier, into: &answers) }
    return answers
  }

  private func startBatch() {
    batch.removeAll()
    truncated.removeAll(keepingCapacity: true)
  }

  private func run(_ classifier: TextClassifier, into answers: inout [Classification]) throws {
    let logits = try classifier.model.logits(batch, workspace: workspace)
    for sequence in 0..<batch.sequenceCount {
      answers.append(
        Classification(
          logits: logits.row(sequence), scoring: classifier.scoreFunction,
          labels: classifier.labels, tokenCount: batch.tokens(of: sequence).count,
          isTruncated: truncated[sequence]))
    }
    startBatch()
  }
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
