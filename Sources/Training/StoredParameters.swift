import Checkpoints
import Tensors

// From a model in training to the tensors of a file, and back.

extension Parameters {
  /// - Parameter prefix: Of the names in the file.
  func tensors(prefix: String = "") -> [NewTensor] {
    layout.entries.map { entry in
      NewTensor(name: prefix + entry.name, shape: entry.shape) { [self] in values(of: entry.name) }
    }
  }

  /// - Throws: `CheckpointError` for a tensor that is missing or of another shape.
  func restore(_ tensors: StoredTensors, prefix: String = "") throws(CheckpointError) {
    for entry in layout.entries {
      setValues(try tensors.floats(prefix + entry.name, shape: entry.shape), of: entry.name)
    }
  }

  /// Rounds all to what a file of bfloat16 holds.
  func roundToBFloat16() {
    for entry in layout.entries {
      setValues(values(of: entry.name).map(\.roundedToBFloat16), of: entry.name)
    }
  }
}

extension DataParallelStep {
  /// All that the next step depends on: the parameters and AdamW's moments.
  var state: [NewTensor] {
    model.parameters.tensors()
      + optimizer.firstMoment.tensors(prefix: "first_moment.")
      + optimizer.secondMoment.tensors(prefix: "second_moment.")
  }

  /// Takes ``state`` back, as it was after `stepCount` steps.
  func restore(_ state: StoredTensors, stepCount: Int) throws(CheckpointError) {
    try model.parameters.restore(state)
    try optimizer.firstMoment.restore(state, prefix: "first_moment.")
    try optimizer.secondMoment.restore(state, prefix: "second_moment.")
    optimizer.stepCount = stepCount
  }
}
