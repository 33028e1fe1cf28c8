import CKernels

/// Scaled dot-product attention with several heads (Vaswani et al., 2017), over packed sequences:
/// a token attends to the tokens of its own sequence, so there is nothing to mask.
public struct Attention: Sendable {
  public let headCount: Int
  public let headSize: Int
  /// `[hidden size]` each: added to the raw products on the way in.
  public let queryBias: Vector?
  public let keyBias: Vector?
  public let valueBias: Vector?

  public init(
    headCount: Int, headSize: Int, queryBias: Vector?, keyBias: Vector?, valueBias: Vector?
  ) {
    precondition(headCount > 0 && headSize > 0, "at least one head of at least one element")
    for bias in [queryBias, keyBias, valueBias] {
      precondition(bias == nil || bias!.count == headCount * headSize, "one bias for each column")
    }
    self.headCount = headCount
    self.headSize = headSize
    self.queryBias = queryBias
    self.keyBias = keyBias
    self.valueBias = valueBias
  }

  /// One sequence. `key` and `value` have a row a token, `query` a row for each token whose context
  /// is wanted, `output` as many; all `[…, hidden size]`. `output` may be `query`'s memory.
  public func callAsFunction(
    query: Matrix, key: Matrix, value: Matrix, into output: Matrix, workspace: Workspace
  ) {
    let size = headCount * headSize
    precondition(
      query.columns == size && key.columns == size && value.columns == size
        && output.columns == size && output.rows == query.rows && key.rows == value.rows,
      "queries, keys, values and output of one hidden size, \(size)")
    guard query.rows > 0, key.rows > 0 else { return }
    let mark = workspace.mark
    defer { workspace.release(to: mark) }
    let floats = (Processor.table.attention_scratch(key.rows, headSize) + 15) / 16 * 16
    let scratch = workspace.scratch(floats: floats * (workspace.team?.size ?? 1))
    let job = c4b_attention_job(
      query: query.base, key: key.base, value: value.base, query_stride: query.stride,
      key_stride: key.stride, value_stride: value.stride, query_bias: queryBias?.base,
      key_bias: keyBias?.base, value_bias: valueBias?.base, output: output.base,
      output_stride: output.stride, queries: query.rows, length: key.rows, head_size: headSize,
      head_begin: 0, head_end: headCount, scale: 1 / Float(headSize).squareRoot())
    workspace.split(headCount, cost: query.rows * key.rows * Work.element) { part, heads in
      var job = job
      job.head_begin = heads.lowerBound
      job.head_end = heads.upperBound
      Processor.table.attention(&job, scratch + part * floats)
    }
  }
}
