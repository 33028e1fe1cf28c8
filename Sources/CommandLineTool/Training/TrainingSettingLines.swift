import Tensors
import Training

extension TrainingOptions {
  /// How a model was trained, for its card: a line each.
  func settingLines(_ outcome: TrainingOutcome, maxLength: Int) -> [String] {
    let done = outcome.epochs.count
    return [
      "AdamW (β 0.9 and 0.999, ε 1e-8), weight decay \(weightDecay) but on biases and layer norms; "
        + "gradients clipped to a norm of 1",
      "Learning rate: \(learningRate) at its highest, after \(warmup) of all steps, and then in a "
        + "straight line to 0",
      "Epochs: \(done == epochs ? "\(epochs)" : "\(done) of \(epochs), stopped early"); "
        + "\(batchSize) texts a step, \(outcome.stepCount) steps in "
        + ProgressLine.duration(outcome.seconds),
      "Longest text: \(maxLength) tokens; the rest of longer ones was not seen",
      "Dropout: \(noDropout ? "none" : "as config.json has it")",
      "Products in \(productPrecision.rawValue)",
      "Seed: \(seed)",
      "Saved as \(savePrecision.rawValue)",
    ]
  }
}

extension TrainingMemory {
  /// For a person, before the run begins.
  var text: String {
    // Rounded up: it is how much there should be.
    func megabytes(_ bytes: Int) -> String {
      "\(((bytes + 999_999) / 1_000_000).grouped) MB"
    }
    return """
      about \(megabytes(total)) of memory: weights \(megabytes(weights)), AdamW's moments \
      \(megabytes(moments)), gradients \(megabytes(gradients)), activations up to \
      \(megabytes(activations))\(packing > 0 ? ", packed for products \(megabytes(packing))" : "")
      """
  }
}
