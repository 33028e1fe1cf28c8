/// The learning rate of each step: from 0 up to its peak in the warm-up, and then down to 0, both in
/// a straight line; `get_linear_schedule_with_warmup` of transformers
/// (https://huggingface.co/docs/transformers/main_classes/optimizer_schedules).
public struct LearningRateSchedule: Sendable, Equatable {
  /// The rate at the end of the warm-up.
  public let peak: Double
  public let warmupSteps: Int
  public let totalSteps: Int

  public init(peak: Double, warmupSteps: Int, totalSteps: Int) {
    precondition(warmupSteps >= 0 && totalSteps >= 0, "steps are counted from 0")
    self.peak = peak
    self.warmupSteps = warmupSteps
    self.totalSteps = totalSteps
  }

  /// Makes a schedule that warms up to `peak` and decays to 0.
  ///
  /// - Parameters:
  ///   - peak: The highest learning rate.
  ///   - warmup: The share of the steps that warm up, rounded up to whole steps as transformers'
  ///     `TrainingArguments` does.
  ///   - totalSteps: The steps of the run, those that warm up among them.
  public init(peak: Double, warmup: Double, totalSteps: Int) {
    precondition((0...1).contains(warmup), "a share of the steps")
    self.init(
      peak: peak, warmupSteps: Int((warmup * Double(totalSteps)).rounded(.up)),
      totalSteps: totalSteps)
  }

  /// The learning rate of a step.
  ///
  /// - Parameter step: From 0: of the optimiser's first step, which a warm-up makes one of rate 0.
  public func rate(at step: Int) -> Double {
    if step < warmupSteps { return peak * (Double(step) / Double(max(1, warmupSteps))) }
    let share = Double(totalSteps - step) / Double(max(1, totalSteps - warmupSteps))
    return peak * max(0, share)
  }
}
