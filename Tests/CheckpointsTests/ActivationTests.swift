import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

/// The functions of `ACT2FN`; `Scripts/fixtures/checkpoints.py` writes their values.
@Suite struct ActivationTests {
  struct Reference: Decodable {
    let grid: [Float]
    let activations: [String: [Float]]
  }

  @Test func valuesAreThoseOfTransformers() throws {
    let reference = try JSONDecoder().decode(
      Reference.self, from: Data(contentsOf: checkpointFixtures.appending(path: "activations.json"))
    )
    let unknown = ["sqrtsoftplus"]
    #expect(
      Set(Activation.configurationNames) == Set(reference.activations.keys).subtracting(unknown))
    for name in Activation.configurationNames {
      let activation = try #require(Activation(configurationName: name))
      let expected = try #require(reference.activations[name])
      let matrix = Matrix([reference.grid])
      activation.apply(to: matrix, workspace: Workspace())
      try #require(expected.count == reference.grid.count)
      for (x, (ours, theirs)) in zip(reference.grid, zip(matrix.row(0), expected)) {
        #expect(
          abs(ours - theirs) <= 2e-6 * max(1, abs(theirs)), "\(name)(\(x)): \(ours), \(theirs)")
      }
    }
    for activation in Activation.allCases {
      #expect(Activation(configurationName: activation.configurationName) == activation)
    }
  }
}
