public import ArgumentParser
import Training

extension Teacher.Task: ExpressibleByArgument {}

/// `--take-layers`: numbers with commas between.
struct LayerList: CustomStringConvertible {
  let layers: [Int]

  /// - Throws: `ValidationError` for anything else.
  init(argument: String) throws {
    let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map {
      Int($0.drop { $0 == " " })
    }
    layers = numbers.compactMap { $0 }
    guard !layers.isEmpty, layers.count == numbers.count, layers.allSatisfy({ $0 >= 0 }) else {
      throw ValidationError("give numbers from 0 on, separated by commas, such as 0,2,5")
    }
  }

  var description: String { layers.map(String.init).joined(separator: ",") }
}

/// What the student of `distil` is, and what it is to learn.
struct DistilOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Layers of the student (default: half the teacher's), evenly spaced ones of the teacher.",
      valueName: "n"))
  var layers: Int?

  @Option(
    help: ArgumentHelp(
      "Which layers of the teacher the student begins as, counted from 0, such as 0,2,5.",
      valueName: "layers"),
    transform: { try LayerList(argument: $0) })
  var takeLayers: LayerList?

  @Option(
    help: ArgumentHelp(
      "The student's hidden size (default: the teacher's).",
      discussion: "With another one, the student begins with random weights.", valueName: "n"))
  var hiddenSize: Int?

  @Option(
    help: ArgumentHelp(
      "What logits are divided by for the distillation: above 1, unlikely answers count more.",
      valueName: "t"))
  var temperature = DistillationSettings().temperature

  @Option(
    help: ArgumentHelp(
      "How much it counts to answer as the teacher does, label for label.", valueName: "weight"))
  var distillationWeight = DistillationSettings().distillationWeight

  @Option(
    help: ArgumentHelp(
      "How much it counts to find the true label, or the hidden word.", valueName: "weight"))
  var taskWeight = DistillationSettings().taskWeight

  @Option(
    help: ArgumentHelp(
      "How much it counts that the last hidden states point where the teacher's do.",
      discussion: "1 by default, or 0 where the hidden sizes differ.", valueName: "weight"))
  var cosineWeight: Double?

  func validate() throws {
    for (name, value) in [("--layers", layers), ("--hidden-size", hiddenSize)]
    where value.map({ $0 < 1 }) ?? false {
      throw ValidationError("\(name) must be at least 1")
    }
    if let layers, let takeLayers, layers != takeLayers.layers.count {
      throw ValidationError(
        "--take-layers names \(takeLayers.layers.count) layers where --layers asks for \(layers)")
    }
    guard temperature > 0, temperature.isFinite else {
      throw ValidationError("--temperature must be more than 0")
    }
    let weights = [
      ("--distillation-weight", distillationWeight), ("--task-weight", taskWeight),
      ("--cosine-weight", cosineWeight ?? 1),
    ]
    for (name, weight) in weights where !(weight >= 0 && weight.isFinite) {
      throw ValidationError("\(name) must not be negative")
    }
    if weights.allSatisfy({ $0.1 == 0 }) {
      throw ValidationError(
        "all weights of the loss are 0, so there is nothing to learn; give one a positive weight")
    }
  }

  /// Whether the student's form is asked for, which a student of `--student` has already.
  var shapesStudent: Bool { layers != nil || takeLayers != nil || hiddenSize != nil }

  func settings(cosineWeight: Double) -> DistillationSettings {
    var settings = DistillationSettings()
    settings.temperature = temperature
    settings.distillationWeight = distillationWeight
    settings.taskWeight = taskWeight
    settings.cosineWeight = cosineWeight
    return settings
  }
}
