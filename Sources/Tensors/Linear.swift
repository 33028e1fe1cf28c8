/// A fully connected layer, `activation(x Wᵀ + b)` ([torch.nn.Linear], with what follows it).
///
///     let weight = StoredMatrix(Weight([[1, 2], [3, 4], [5, 6]]))
///     let layer = Linear(weight: weight, bias: Vector([0, 0, 1]))
///     layer(Matrix([[1, 1]]), into: output, workspace: Workspace())  // output: [[3, 7, 12]]
///
/// [torch.nn.Linear]: https://pytorch.org/docs/stable/generated/torch.nn.Linear.html
public struct Linear: Sendable {
  private let weight: any WeightForm
  /// `[output size]`
  public let bias: Vector?
  /// What is applied to each element of `x Wᵀ + b`.
  public let activation: Activation

  public var inputSize: Int { weight.inputs }
  public var outputSize: Int { weight.outputs }

  /// What the product is computed in.
  public var precision: Precision { type(of: weight).precision }

  /// - Parameters:
  ///   - weight: `[output size, input size]`, which never changes.
  ///   - bias: `[output size]`
  ///   - activation: Of each element of the output.
  ///   - options: How the products are computed.
  public init(
    weight: StoredMatrix, bias: Vector?, activation: Activation = .linear,
    options: LinearOptions = LinearOptions()
  ) {
    precondition(bias == nil || bias!.count == weight.rows, "one bias for each output")
    self.bias = bias
    self.activation = activation
    switch (options.precision, options.products) {
    case (.float32, .blas): self.weight = BLASWeight(weight)
    case (.float32, .engine): self.weight = PanelWeight(weight)
    case (.bf16x3, _): self.weight = PackedWeight<HighAndLow>(weight, team: options.team)
    case (.bfloat16, _): self.weight = PackedWeight<OnePiece>(weight, team: options.team)
    case (.int8, _) where weight.columns > ByteWeight.inputLimit: self.weight = PanelWeight(weight)
    case (.int8, _): self.weight = ByteWeight(weight, team: options.team)
    }
  }

  /// `input`: `[rows, input size]`; `output`: `[rows, output size]`, overwritten.
  public func callAsFunction(_ input: Matrix, into output: Matrix, workspace: Workspace) {
    Self.compute(weight, input, [(self, output)], isWhole: true, workspace: workspace)
  }

  /// The product alone, for where the next kernel adds the bias.
  public func product(_ input: Matrix, into output: Matrix, workspace: Workspace) {
    Self.products(of: input, [(self, output)], workspace: workspace)
  }

  /// The products alone of several layers that read the same rows.
  public static func products(
    of input: Matrix, _ products: [(layer: Linear, output: Matrix)], workspace: Workspace
  ) {
    guard let first = products.first else { return }
    compute(first.layer.weight, input, products, isWhole: false, workspace: workspace)
  }

  /// The product alone of what `first` makes of `input`. Where the weights of both have one form, what is
  /// between them keeps it.
  public func product(
    after first: Linear, of input: Matrix, into output: Matrix, workspace: Workspace
  ) {
    product(after: first, first.weight, input, into: output, workspace: workspace)
  }

  private func product<Form: WeightForm>(
    after first: Linear, _ firstWeight: Form, _ input: Matrix, into output: Matrix,
    workspace: Workspace
  ) {
    first.checkInput(of: input.columns)
    check(rows: input.rows, of: first.outputSize, into: output)
    guard input.rows > 0 else { return }
    let mark = workspace.mark
    defer { workspace.release(to: mark) }
    if let weight = weight as? Form {
      let between = firstWeight.activated(
        Form.rows(input, workspace: workspace), adding: first.bias, by: first.activation,
        workspace: workspace)
      workspace.lap(.intermediate)
      let last = LayerProduct(weight: weight, output: output)
      Form.multiply(between, by: [last], workspace: workspace)
    } else {
      let between = workspace.matrix(rows: input.rows, columns: inputSize)
      first(input, into: between, workspace: workspace)
      workspace.lap(.intermediate)
      product(between, into: output, workspace: workspace)
    }
  }

  /// The layers whose weights have the form of the first one in one go, which makes rows of that form
  /// once; then the others.
  private static func compute<Form: WeightForm>(
    _ form: Form, _ input: Matrix, _ layers: [(layer: Linear, output: Matrix)], isWhole: Bool,
    workspace: Workspace
  ) {
    var products: [LayerProduct<Form>] = []
    var others: [(layer: Linear, output: Matrix)] = []
    for (layer, output) in layers {
      layer.check(rows: input.rows, of: input.columns, into: output)
      guard let weight = layer.weight as? Form else {
        others.append((layer, output))
        continue
      }
      products.append(
        LayerProduct(
          weight: weight, bias: isWhole ? layer.bias : nil,
          activation: isWhole ? layer.activation : .linear, output: output))
    }
    if input.rows > 0 {
      let mark = workspace.mark
      Form.multiply(Form.rows(input, workspace: workspace), by: products, workspace: workspace)
      workspace.release(to: mark)
    }
    if let next = others.first {
      compute(next.layer.weight, input, others, isWhole: isWhole, workspace: workspace)
    }
  }

  private func checkInput(of columns: Int) {
    precondition(
      columns == inputSize, "a linear layer of \(inputSize) inputs cannot take rows of \(columns)")
  }

  private func check(rows: Int, of columns: Int, into output: Matrix) {
    checkInput(of: columns)
    precondition(
      output.columns == outputSize && rows == output.rows,
      """
      a linear layer of \(outputSize) outputs cannot take \(rows) rows to \
      [\(output.rows), \(output.columns)]
      """)
  }
}
