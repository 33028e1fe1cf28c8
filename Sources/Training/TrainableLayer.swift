import Checkpoints
import Tensors
import Transformers

/// One post-norm transformer layer on the way forward and back.
///
///     hidden ─ attention ─ output ─ dropout ─ + ─ norm ─ intermediate ─ activation ─ output ─ dropout ─ + ─ norm ─
///            └────────────────────────────────┘      └──────────────────────────────────────────────────┘
struct TrainableLayer {
  /// What the way back needs. The queries are those of all tokens, or of the first of each sequence.
  struct Saved {
    let isOfFirstTokens: Bool
    let hidden: Matrix
    /// The rows of `hidden` that have queries.
    let queried: Matrix
    let queries: Matrix
    /// [tokens, 2 × hidden size]
    let keysAndValues: Matrix
    let context: Matrix
    let logSums: Matrix
    let attentionNorm: LayerNorm.Saved
    let attended: Matrix
    /// Before bias and activation.
    let wide: Matrix
    let outputNorm: LayerNorm.Saved
  }

  /// Scratch of the way back, for one layer after the other.
  struct Scratch {
    let narrow, context, wide: Matrix
    /// Of queries, keys and values beside each other.
    let projections, queries, keysAndValues: Matrix

    init(tokens: Int, configuration: ModelConfiguration, workspace: Workspace) {
      let size = configuration.hiddenSize
      narrow = workspace.matrix(rows: tokens, columns: size)
      context = workspace.matrix(rows: tokens, columns: size)
      wide = workspace.matrix(rows: tokens, columns: configuration.intermediateSize)
      projections = workspace.matrix(rows: tokens, columns: 3 * size)
      queries = projections.columns(0..<size)
      keysAndValues = projections.columns(size..<3 * size)
    }
  }

  private let index: Int
  private let entries: LayerParts<ModuleEntry>
  private let hiddenSize: Int
  private let hiddenDropout: Double
  private let attentionDropout: Double
  /// 0 in a family that drops nothing of the attention's output.
  private let attentionOutputDropout: Double
  /// [3 × hidden size, hidden size]: queries, keys and values.
  private let projections: Matrix
  private let projectionWeights: ParameterLayout.Entry
  private let projectionBiases: ParameterLayout.Entry
  private let attention: Attention
  private let attentionOutput: Matrix
  private let attentionOutputBias: Vector
  private let attentionNorm: LayerNorm
  private let intermediate: Matrix
  private let intermediateBias: Vector
  private let activation: Activation
  private let output: Matrix
  private let outputBias: Vector
  private let outputNorm: LayerNorm

  init(
    _ parameters: Parameters, index: Int, entries: LayerParts<ModuleEntry>,
    configuration: ModelConfiguration
  ) {
    self.index = index
    self.entries = entries
    hiddenSize = configuration.hiddenSize
    hiddenDropout = configuration.hiddenDropout
    attentionDropout = configuration.attentionDropout
    attentionOutputDropout =
      configuration.family.dropsAttentionOutput ? configuration.hiddenDropout : 0
    let modules = [entries.query, entries.key, entries.value]
    projectionWeights = parameters.layout.joined(modules.map(\.weight))
    projectionBiases = parameters.layout.joined(modules.map(\.bias))
    projections = parameters.matrix(projectionWeights)
    attention = Attention(
      headCount: configuration.headCount,
      headSize: configuration.hiddenSize / configuration.headCount,
      queryBias: parameters.vector(entries.query.bias),
      keyBias: parameters.vector(entries.key.bias),
      valueBias: parameters.vector(entries.value.bias))
    attentionOutput = parameters.matrix(entries.attentionOutput.weight)
    attentionOutputBias = parameters.vector(entries.attentionOutput.bias)
    attentionNorm = parameters.layerNorm(entries.attentionNorm, configuration)
    intermediate = parameters.matrix(entries.intermediate.weight)
    intermediateBias = parameters.vector(entries.intermediate.bias)
    activation = configuration.activation
    output = parameters.matrix(entries.output.weight)
    outputBias = parameters.vector(entries.output.bias)
    outputNorm = parameters.layerNorm(entries.outputNorm, configuration)
  }

  private func attentionMask(_ pass: SavedPass) -> DropoutMask? {
    pass.dropout?.mask(.probabilities(layer: index), probability: attentionDropout)
  }

  private func attentionOutputMask(_ pass: SavedPass) -> DropoutMask? {
    pass.dropout?.mask(.attentionOutput(layer: index), probability: attentionOutputDropout)
  }

  private func outputMask(_ pass: SavedPass) -> DropoutMask? {
    pass.dropout?.mask(.output(layer: index), probability: hiddenDropout)
  }

  // MARK: Forward

  /// This layer's output for every token, or for the first of each sequence alone: all that a
  /// classifier reads of the last layer.
  ///
  /// - Parameter wide: Scratch, [tokens, intermediate size].
  func forward(
    _ hidden: Matrix, firstTokens: Bool, wide activated: Matrix, _ pass: inout SavedPass,
    workspace: Workspace
  ) -> Matrix {
    let (batch, multiplication) = (pass.batch, pass.multiplication)
    let rows = firstTokens ? batch.sequenceCount : batch.tokenCount
    let numbers = firstTokens ? pass.sequenceNumbers : pass.tokenNumbers
    func matrix(_ columns: Int) -> Matrix { workspace.matrix(rows: rows, columns: columns) }

    let queried: Matrix
    let (queries, keysAndValues): (Matrix, Matrix)
    if firstTokens {
      queried = matrix(hiddenSize)
      for sequence in 0..<batch.sequenceCount {
        queried.copyRow(batch.sequenceOffsets[sequence], of: hidden, to: sequence)
      }
      queries = matrix(hiddenSize)
      queries.setProduct(
        queried, timesTransposed: projections.rows(0..<hiddenSize), by: multiplication)
      keysAndValues = workspace.matrix(rows: batch.tokenCount, columns: 2 * hiddenSize)
      keysAndValues.setProduct(
        hidden, timesTransposed: projections.rows(hiddenSize..<3 * hiddenSize), by: multiplication)
    } else {
      queried = hidden
      let all = matrix(3 * hiddenSize)
      all.setProduct(hidden, timesTransposed: projections, by: multiplication)
      queries = all.columns(0..<hiddenSize)
      keysAndValues = all.columns(hiddenSize..<3 * hiddenSize)
    }

    let context = matrix(hiddenSize)
    let logSums = matrix(attention.headCount)
    let mask = attentionMask(pass)
    forEachSequence(
      pass, firstTokens: firstTokens, queries: queries, keysAndValues: keysAndValues,
      context: context, logSums: logSums
    ) { sequence, _, _ in
      attention.forward(sequence, dropout: mask, workspace: workspace)
    }

    let attentionSum = matrix(hiddenSize)
    let attended = matrix(hiddenSize)
    attentionSum.setProduct(context, timesTransposed: attentionOutput, by: multiplication)
    let attentionSaved = attentionNorm.forward(
      attentionSum, adding: attentionOutputBias, dropout: attentionOutputMask(pass),
      rowNumbers: numbers, residual: queried, into: attended, workspace: workspace)

    let wide = matrix(intermediate.rows)
    let outputSum = matrix(hiddenSize)
    let result = matrix(hiddenSize)
    let activated = activated.rows(0..<rows)
    wide.setProduct(attended, timesTransposed: intermediate, by: multiplication)
    activation.forward(wide, adding: intermediateBias, into: activated)
    outputSum.setProduct(activated, timesTransposed: output, by: multiplication)
    let outputSaved = outputNorm.forward(
      outputSum, adding: outputBias, dropout: outputMask(pass), rowNumbers: numbers,
      residual: attended, into: result, workspace: workspace)

    pass.layers.append(
      Saved(
        isOfFirstTokens: firstTokens, hidden: hidden, queried: queried, queries: queries,
        keysAndValues: keysAndValues,
        context: context, logSums: logSums, attentionNorm: attentionSaved, attended: attended,
        wide: wide, outputNorm: outputSaved))
    return result
  }

  /// Calls `body` with the attention of each sequence, its range of queries, and its range of tokens.
  private func forEachSequence(
    _ pass: SavedPass, firstTokens: Bool, queries: Matrix, keysAndValues: Matrix, context: Matrix,
    logSums: Matrix,
    _ body: (Attention.Sequence, _ queries: Range<Int>, _ tokens: Range<Int>) -> Void
  ) {
    let keys = keysAndValues.columns(0..<hiddenSize)
    let values = keysAndValues.columns(hiddenSize..<2 * hiddenSize)
    let numbers = firstTokens ? pass.sequenceNumbers : pass.tokenNumbers
    for sequence in 0..<pass.batch.sequenceCount {
      let tokens = pass.batch.tokens(of: sequence)
      let rows = firstTokens ? sequence..<sequence + 1 : tokens
      body(
        Attention.Sequence(
          query: queries.rows(rows), key: keys.rows(tokens), value: values.rows(tokens),
          output: context.rows(rows), logSums: logSums.rows(rows),
          rowNumbers: numbers.isEmpty ? [] : numbers[rows]),
        rows, tokens)
    }
  }

  // MARK: Backward

  /// - Parameters:
  ///   - gradient: By the output; becomes that by `hidden` where the output has a row for every token.
  ///   - hiddenGradient: Becomes that by `hidden` where the output is of the first tokens alone.
  func backward(
    _ gradient: Matrix, into hiddenGradient: Matrix? = nil, _ pass: SavedPass, scratch: Scratch,
    gradients: Gradients, workspace: Workspace
  ) {
    let (saved, multiplication) = (pass.layers[index], pass.multiplication)
    let rows = gradient.rows
    let firstTokens = saved.isOfFirstTokens
    let numbers = firstTokens ? pass.sequenceNumbers : pass.tokenNumbers
    let narrow = scratch.narrow.rows(0..<rows)

    // The feed-forward block.
    let outputMask = outputMask(pass)
    let outputGradient = outputMask == nil ? gradient : narrow
    outputNorm.backward(
      gradient, saved: saved.outputNorm, dropout: outputMask, rowNumbers: numbers,
      weightGradient: gradients.matrix(entries.outputNorm.weight),
      biasGradient: gradients.matrix(entries.outputNorm.bias),
      productBiasGradient: gradients.matrix(entries.output.bias),
      xGradient: outputMask == nil ? nil : narrow)
    let wide = scratch.wide.rows(0..<rows)
    wide.setProduct(outputGradient, times: output, by: multiplication)
    activation.backward(
      wide, x: saved.wide, adding: intermediateBias,
      biasGradient: gradients.matrix(entries.intermediate.bias))
    gradients.matrix(entries.output.weight).setProduct(
      outputGradient, transposed: true, times: saved.wide, adding: true, by: multiplication)
    gradients.matrix(entries.intermediate.weight).setProduct(
      wide, transposed: true, times: saved.attended, adding: true, by: multiplication)
    gradient.setProduct(wide, times: intermediate, adding: true, by: multiplication)

    // Attention.
    let attentionOutputMask = attentionOutputMask(pass)
    let sumGradient = attentionOutputMask == nil ? gradient : narrow
    attentionNorm.backward(
      gradient, saved: saved.attentionNorm, dropout: attentionOutputMask, rowNumbers: numbers,
      weightGradient: gradients.matrix(entries.attentionNorm.weight),
      biasGradient: gradients.matrix(entries.attentionNorm.bias),
      productBiasGradient: gradients.matrix(entries.attentionOutput.bias),
      xGradient: attentionOutputMask == nil ? nil : narrow)
    gradients.matrix(entries.attentionOutput.weight).setProduct(
      sumGradient, transposed: true, times: saved.context, adding: true, by: multiplication)
    let contextGradient = scratch.context.rows(0..<rows)
    contextGradient.setProduct(sumGradient, times: attentionOutput, by: multiplication)
    let queryGradient = scratch.queries.rows(0..<rows)
    let keyGradient = scratch.keysAndValues.columns(0..<hiddenSize)
    let valueGradient = scratch.keysAndValues.columns(hiddenSize..<2 * hiddenSize)
    let mask = attentionMask(pass)
    forEachSequence(
      pass, firstTokens: firstTokens, queries: saved.queries, keysAndValues: saved.keysAndValues,
      context: saved.context, logSums: saved.logSums
    ) { sequence, rows, tokens in
      attention.backward(
        sequence, outputGradient: contextGradient.rows(rows),
        queryGradient: queryGradient.rows(rows), keyGradient: keyGradient.rows(tokens),
        valueGradient: valueGradient.rows(tokens), dropout: mask, workspace: workspace)
    }

    // The projections. Of the first tokens alone, queries have fewer rows than keys and values.
    let weights = gradients.matrix(projectionWeights)
    let biases = gradients.matrix(projectionBiases)
    guard firstTokens else {
      weights.setProduct(
        scratch.projections, transposed: true, times: saved.hidden, adding: true, by: multiplication
      )
      biases.addColumnSums(of: scratch.projections)
      gradient.setProduct(scratch.projections, times: projections, adding: true, by: multiplication)
      return
    }
    let (first, others) = (0..<hiddenSize, hiddenSize..<3 * hiddenSize)
    weights.rows(first).setProduct(
      queryGradient, transposed: true, times: saved.queried, adding: true, by: multiplication)
    weights.rows(others).setProduct(
      scratch.keysAndValues, transposed: true, times: saved.hidden, adding: true, by: multiplication
    )
    biases.columns(first).addColumnSums(of: queryGradient)
    biases.columns(others).addColumnSums(of: scratch.keysAndValues)
    gradient.setProduct(
      queryGradient, times: projections.rows(first), adding: true, by: multiplication)
    hiddenGradient!.setProduct(
      scratch.keysAndValues, times: projections.rows(others), by: multiplication)
    for sequence in 0..<pass.batch.sequenceCount {
      hiddenGradient!.addRow(sequence, of: gradient, to: pass.batch.sequenceOffsets[sequence])
    }
  }
}
