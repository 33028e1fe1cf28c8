import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

/// The functions of torch.nn that a `Dense` of sentence-transformers may name;
/// `Scripts/fixtures/sentence_modules.py` writes their values.
@Suite struct DenseActivationTests {
  struct Reference: Decodable {
    let grid: [Float]
    let functions: [String: [Float]]
  }

  @Test func valuesAreThoseOfPyTorch() throws {
    let file = fixturesFolder.appending(path: "sentence-transformers/activations.json")
    let reference = try JSONDecoder().decode(Reference.self, from: Data(contentsOf: file))
    #expect(reference.functions.count == 17)
    for (name, values) in reference.functions {
      let activation = try #require(DenseActivation(pythonName: name), "\(name)")
      #expect(name.hasSuffix(".\(activation.name)"))
      let matrix = Matrix([reference.grid])
      switch activation {
      case .kernel(let kernel): kernel.apply(to: matrix, workspace: Workspace())
      case .function(let function): function.apply(to: matrix)
      }
      #expect(values.count == reference.grid.count)
      for (ours, theirs) in zip(matrix.row(0), values) {
        #expect(abs(ours - theirs) <= 2e-6 * max(1, abs(theirs)), "\(name): \(ours), \(theirs)")
      }
    }
  }

  @Test func onlyClassesOfTorchCount() {
    #expect(DenseActivation(pythonName: "torch.nn.Tanh") == .kernel(.tanh))
    for name in ["Tanh", "torch.Tanh", "nn.Tanh", "torch.nn.", "torch.nn.Softmax", "", "x.nn.Tanh"]
    {
      #expect(DenseActivation(pythonName: name) == nil, "\(name)")
    }
  }
}
