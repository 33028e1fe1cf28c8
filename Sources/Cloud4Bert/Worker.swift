import Synchronization
import Tensors
import Tokenization
import Transformers

/// The memory of one running batch: tokens, packed sequences and activations. Used again by the next
/// one, so that warm batches allocate almost nothing.
final class Worker {
  private var tokens = TokenBuffer()
  private var batch = TokenizedBatch()
  private let workspace = Workspace()

  func outputs<Output>(
    of inputs: some Collection<TextInput>, batching: TextBatching,
    run: (TokenizedBatch, Workspace) throws -> [Output]
  ) throws -> [Output] {
    var outputs: [Output] = []
    outputs.reserveCapacity(inputs.count)
    batch.removeAll()
    for input in inputs {
      // The tokens go to the buffer first: only then is it known whether they fit this batch.
      tokens.removeAll()
      let (count, isTruncated) = try batching.tokenizer.append(
        input.text, pair: input.pair, maxLength: batching.maxLength, to: &tokens)
      let tokenCount = batch.sequences.tokenCount
      if tokenCount > 0, tokenCount + count > batching.batchTokens {
        outputs += try run(batch, workspace)
        batch.removeAll()
      }
      batch.sequences.append(tokens.ids, tokenTypeIDs: tokens.tokenTypeIDs)
      batch.truncated.append(isTruncated)
    }
    if batch.sequences.sequenceCount > 0 { outputs += try run(batch, workspace) }
    return outputs
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
