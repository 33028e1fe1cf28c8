import Synchronization
public import Tensors
import Transformers

/// One step of the optimiser on all cores: each takes some of the texts through the model and back, on
/// its own, into gradients of its own; these are added up in a fixed order, clipped to a norm, and moved
/// along.
///
/// With as many threads, the same seed, precision and state a step comes to the same parameters, bit for
/// bit. One step at a time; it occupies the calling thread.
///
/// The model is measured by the same loop, and not by the engine of `Inference`. That fills a batch with
/// what there is when a thread is free, and a BLAS may sum a row otherwise beside other rows: the figures
/// that the best epoch is chosen by would not be those of the same run resumed. Shards depend on the
/// texts' lengths alone. The engine's layers, too, have their weights packed once and for all, and
/// these change with every step. A teacher runs on a shard beside its student, whose states it is
/// compared with while both are at hand.
public final class DataParallelStep {
  public let model: TrainableModel
  public let optimizer: AdamW
  /// Threads that share a step's texts.
  public let threadCount: Int
  /// The most tokens of a shard, unless one text has more: what bounds the memory of activations.
  public let maxTokens: Int
  /// What the gradient's norm is cut down to (`torch.nn.utils.clip_grad_norm_`); nil for whatever it is.
  public let clipNorm: Double?
  /// The precision of the large products; see ``TrainingPass``.
  public let precision: Precision

  private let team: Team?
  private let workers: [Worker]

  /// What one thread works with.
  private final class Worker {
    let gradients: Gradients
    let pass: TrainingPass
    let outputs = Workspace()
    let scratch = TrainingPass()

    init(_ model: TrainableModel, _ pass: TrainingPass) {
      gradients = model.makeGradients()
      self.pass = pass
    }

    /// Zeros of the outputs' shapes.
    func outputGradients(
      _ outputs: ModelOutputs, _ objective: some Objective
    ) -> OutputGradients {
      self.outputs.reset()
      let states = objective.usesHiddenStates ? outputs.hiddenStates : nil
      let gradients = OutputGradients(
        logits: self.outputs.matrix(rows: outputs.logits.rows, columns: outputs.logits.columns),
        hiddenStates: states.map { self.outputs.matrix(rows: $0.rows, columns: $0.columns) })
      gradients.logits.fillWithZeros()
      gradients.hiddenStates?.fillWithZeros()
      return gradients
    }
  }

  /// Makes the memory of every thread.
  ///
  /// - Parameters:
  ///   - model: Whose parameters are trained.
  ///   - optimizer: Of the model's parameters.
  ///   - threads: Each has gradients of its own, as large as the model.
  ///   - maxTokens: As ``maxTokens``.
  ///   - clipNorm: As ``clipNorm``.
  ///   - precision: `float32`, or `bf16x3` where the processor has AMX.
  public convenience init(
    _ model: TrainableModel, optimizer: AdamW, threads: Int, maxTokens: Int = 2048,
    clipNorm: Double? = 1, precision: Precision = .float32
  ) {
    self.init(
      model, optimizer: optimizer, threads: threads, maxTokens: maxTokens, clipNorm: clipNorm,
      precision: precision, packsAll: false)
  }

  /// - Parameter packsAll: Products of every size in `precision`, for tests with tiny models.
  init(
    _ model: TrainableModel, optimizer: AdamW, threads: Int, maxTokens: Int = 2048,
    clipNorm: Double? = 1, precision: Precision, packsAll: Bool
  ) {
    precondition(threads > 0 && maxTokens > 0, "at least one thread and one token")
    self.model = model
    self.optimizer = optimizer
    self.maxTokens = maxTokens
    self.clipNorm = clipNorm
    self.precision = precision
    threadCount = threads
    team = Team(size: threads)
    workers = (0..<threads).map { _ in
      Worker(model, TrainingPass(precision: precision, packsAll: packsAll))
    }
  }

  /// Takes one step: forward, backward, and the update of the weights.
  ///
  /// - Parameters:
  ///   - batch: The texts of the step.
  ///   - objective: What is to become small.
  ///   - learningRate: That of this step.
  ///   - dropoutSeed: Of the dropout, with the number of the step; nil for none.
  /// - Throws: ``TrainingError/notFinite(_:)``, and then nothing has changed; `BatchError`; what the
  ///   objective throws.
  public func callAsFunction(
    _ batch: GlobalBatch, objective: some Objective, learningRate: Double, dropoutSeed: UInt64?
  ) throws -> StepOutcome {
    let (parts, sum) = try gradient(of: batch, objective: objective, dropoutSeed: dropoutSeed)
    guard parts.total.isFinite else { throw TrainingError.notFinite("the loss") }
    let norm = sum.norm(team: team)
    guard norm.isFinite else { throw TrainingError.notFinite("the gradient's norm") }
    let scale = clipNorm.map { min(1, $0 / (norm + 1e-6)) } ?? 1
    optimizer.step(
      model.parameters, gradient: sum.sum.values, learningRate: learningRate, gradientScale: scale,
      team: team)
    return StepOutcome(
      lossParts: parts, gradientNorm: norm, tokenCount: batch.batch.tokenCount)
  }

  /// The loss and the gradients of all workers, not added up yet.
  func gradient(
    of batch: GlobalBatch, objective: some Objective, dropoutSeed: UInt64?
  ) throws -> (LossParts, GradientSum) {
    let step = optimizer.stepCount
    let model = model
    for worker in workers { worker.gradients.reset() }
    let parts = try run(batch) { worker, shard in
      let dropout = dropoutSeed.map { Dropout(seed: $0, step: step, sequences: shard.sequences) }
      let outputs = try model.forward(
        shard.batch, maskedTokens: shard.maskedTokens,
        wantsHiddenStates: objective.usesHiddenStates, dropout: dropout, in: worker.pass)
      let gradients = worker.outputGradients(outputs, objective)
      let loss = try objective.loss(
        outputs, of: shard, gradients: gradients, scratch: worker.scratch)
      model.backward(
        logitsGradient: gradients.logits, hiddenGradient: gradients.hiddenStates,
        pass: worker.pass, into: worker.gradients)
      return loss
    }
    return (parts, GradientSum(workers.map(\.gradients)))
  }

  /// The loss as it is now, without dropout.
  ///
  /// - Throws: `BatchError`, and what the objective throws.
  public func loss(of batch: GlobalBatch, objective: some Objective) throws -> LossParts {
    let model = model
    return try run(batch) { worker, shard in
      let outputs = try model.forward(
        shard.batch, maskedTokens: shard.maskedTokens,
        wantsHiddenStates: objective.usesHiddenStates, in: worker.pass)
      return try objective.loss(
        outputs, of: shard, gradients: worker.outputGradients(outputs, objective),
        scratch: worker.scratch)
    }
  }

  /// The logits of a classifier for each sequence, without dropout.
  ///
  /// - Throws: `BatchError`
  public func logits(of batch: GlobalBatch) throws -> [[Float]] {
    precondition(model.head == .sequenceClassification, "the logits of a classifier")
    let model = model
    var rows = [[Float]](repeating: [], count: batch.batch.sequenceCount)
    let shards = batch.shards(workers: workers.count, maxTokens: maxTokens)
    let results = try each(shards) { worker, shard in
      let logits = try model.forward(shard.batch, in: worker.pass).logits
      return (0..<logits.rows).map { logits.row($0) }
    }
    for (shards, results) in zip(shards, results) {
      for (shard, result) in zip(shards, results) {
        for (sequence, row) in zip(shard.sequences, result) { rows[sequence] = row }
      }
    }
    return rows
  }

  private func run(
    _ batch: GlobalBatch, _ body: (Worker, BatchShard) throws -> LossParts
  ) throws -> LossParts {
    let shards = batch.shards(workers: workers.count, maxTokens: maxTokens)
    var sum = LossParts()
    for parts in try each(shards, body).joined() { sum += parts }
    return sum
  }

  /// What `body` gives for each shard, each worker's shards on a thread.
  private func each<Result: Sendable>(
    _ shards: [[BatchShard]], _ body: (Worker, BatchShard) throws -> Result
  ) throws -> [[Result]] {
    let outcomes = Outcomes<[Result]>(count: workers.count)
    let work = { (part: Int) in
      let outcome = Swift.Result { try shards[part].map { try body(self.workers[part], $0) } }
      outcomes.set(outcome, of: part)
    }
    // The system may give no threads.
    if let team { team.run(parts: workers.count, work) } else { workers.indices.forEach(work) }
    return try outcomes.all.map { try $0!.get() }
  }

  /// What each thread came to. (In a function that is generic the compiler of Swift 6.0 does not
  /// survive a mutex.)
  private final class Outcomes<Value: Sendable>: Sendable {
    private let results: Mutex<[Result<Value, any Error>?]>

    init(count: Int) { results = Mutex([Result<Value, any Error>?](repeating: nil, count: count)) }

    var all: [Result<Value, any Error>?] { results.withLock { $0 } }

    func set(_ result: Result<Value, any Error>, of part: Int) {
      results.withLock { $0[part] = result }
    }
  }
}
