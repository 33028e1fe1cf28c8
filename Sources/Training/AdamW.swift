public import Tensors

/// Adam with decoupled weight decay (Loshchilov and Hutter, 2017), as [torch.optim.AdamW] computes it.
/// Biases and layer norms are not decayed, as in transformers' `Trainer`.
///
/// It belongs to who trains the model, and so do the moments.
///
/// [torch.optim.AdamW]: https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html
public final class AdamW {
  /// The defaults are PyTorch's.
  public struct Settings: Sendable, Equatable {
    /// What is kept of the running mean of the derivatives.
    public var beta1 = 0.9
    /// What is kept of the running mean of their squares.
    public var beta2 = 0.999
    /// The summand to the root of the second moment, so that nothing is divided by 0.
    public var epsilon = 1e-8
    /// The share of each weight that goes in a step, times the learning rate.
    public var weightDecay = 0.01

    public init() {}
  }

  public let settings: Settings
  /// Steps that were taken.
  public internal(set) var stepCount = 0
  /// The running mean of each derivative.
  public let firstMoment: Parameters
  /// The running mean of its square.
  public let secondMoment: Parameters

  /// Makes an optimiser whose moments are 0.
  ///
  /// - Parameters:
  ///   - layout: Of the parameters to be optimised; both moments begin as 0.
  ///   - settings: Decay, and the rates at which the moments forget.
  public init(_ layout: ParameterLayout, settings: Settings = Settings()) {
    self.settings = settings
    firstMoment = Parameters(layout)
    secondMoment = Parameters(layout)
  }

  /// - Parameter gradientScale: What the gradient is multiplied by, of clipping.
  func step(
    _ parameters: Parameters, gradient: Parameters, learningRate: Double, gradientScale: Double,
    team: Team?
  ) {
    stepCount += 1
    let update = AdamWUpdate(
      learningRate: learningRate, beta1: settings.beta1, beta2: settings.beta2,
      epsilon: settings.epsilon, weightDecay: settings.weightDecay, step: stepCount,
      gradientScale: gradientScale)
    update.apply(
      to: parameters, gradient: gradient, firstMoment: firstMoment, secondMoment: secondMoment,
      team: team)
  }
}
