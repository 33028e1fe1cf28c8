import CKernels

/// The numbers of one step of AdamW (Loshchilov and Hutter, 2017), in the terms of [torch.optim.AdamW].
///
/// [torch.optim.AdamW]: https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html
public struct AdamWUpdate: Sendable {
  public var learningRate: Double
  public var beta1: Double
  public var beta2: Double
  public var epsilon: Double
  /// The weight decay of the tensors that are decayed at all.
  public var weightDecay: Double
  /// 1 for the first.
  public var step: Int
  /// What gradients are multiplied by, of clipping.
  public var gradientScale: Double

  public init(
    learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double,
    step: Int, gradientScale: Double
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.step = step
    self.gradientScale = gradientScale
  }

  /// Moves `values`, and brings both moments up to date; all of one layout.
  public func apply(
    to values: Parameters, gradient: Parameters, firstMoment: Parameters,
    secondMoment: Parameters, team: Team?
  ) {
    for other in [gradient, firstMoment, secondMoment] {
      precondition(other.layout == values.layout, "parameters of another model")
    }
    let pieces = values.layout.entries.flatMap { entry in
      stride(from: entry.offset, to: entry.range.upperBound, by: Self.pieceSize).map {
        (start: $0, count: min(Self.pieceSize, entry.range.upperBound - $0), entry.isDecayed)
      }
    }
    let kernels = [kernel(decay: 0), kernel(decay: weightDecay)]
    let (x, g) = (values.base, gradient.base)
    let (m, v) = (firstMoment.base, secondMoment.base)
    let parts = max(1, min(team?.size ?? 1, pieces.count))
    let body = { (part: Int) in
      for index in stride(from: part, to: pieces.count, by: parts) {
        let (start, count, isDecayed) = pieces[index]
        var step = kernels[isDecayed ? 1 : 0]
        Processor.table.adamw(&step, x + start, g + start, m + start, v + start, count)
      }
    }
    if let team { team.run(parts: parts, body) } else { body(0) }
  }

  private static let pieceSize = 1 << 14

  private func kernel(decay: Double) -> c4b_adamw {
    c4b_adamw(
      gradient_scale: Float(gradientScale), decay: Float(1 - learningRate * decay),
      mean_rate: Float(1 - beta1), square_keep: Float(beta2), square_rate: Float(1 - beta2),
      step_size: Float(learningRate / (1 - power(beta1))),
      root_correction: Float((1 - power(beta2)).squareRoot()), epsilon: Float(epsilon))
  }

  private func power(_ base: Double) -> Double {
    (0..<step).reduce(1) { product, _ in product * base }
  }
}
