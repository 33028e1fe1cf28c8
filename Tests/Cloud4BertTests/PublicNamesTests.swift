import Cloud4Bert
import Testing

/// A file that imports Cloud4Bert alone can name all that its interface shows, and catch what it throws.
/// `Tests/Consumer` does the same from outside, with the members of these types.
@Suite struct PublicNamesTests {
  @Test func errors() {
    let errors: [any DescribedError.Type] = [
      BatchError.self, CheckpointError.self, ClassifierError.self, EvaluationError.self,
      FeatureError.self, FillMaskError.self, HubError.self, MissingHeadError.self,
      TokenizerError.self,
    ]
    #expect(Set(errors.map { "\($0)" }).count == errors.count)
  }

  @Test func anErrorIsCaughtByItsName() async {
    await #expect(throws: CheckpointError.self) {
      try await TextClassifier(model: "/no/such/folder")
    }
  }

  @Test func types() throws {
    let classifier = try TextClassifier()
    let configuration: ModelConfiguration = classifier.configuration
    #expect(configuration == classifier.configuration)
    let types: [Any.Type] = [
      Activation.self, DownloadProgress.self, ElementType.self, Head.self, HubSettings.self,
      ModelFamily.self, ModelHub.self, ModelLocation.self, ModelReference.self,
      ModelSummary.File.self, Precision.self, Products.self,
    ]
    #expect(Set(types.map { "\($0)" }).count == types.count)
  }
}
