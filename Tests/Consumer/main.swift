import Cloud4Bert

let classifier = try TextClassifier()
let answer = try await classifier.classify("Thanks a lot, that fixed it!")
print(answer.label, answer.score)

// All that the module shows has a name and members here, without another import.
let configuration: ModelConfiguration = classifier.configuration
let activation: Activation = configuration.activation
let hub = ModelHub(settings: HubSettings(environment: ["HF_HUB_OFFLINE": "1"]))

func kind(of error: any Error) -> String {
  if let error = error as? CheckpointError { return "checkpoint, \(error.kind)" }
  if let error = error as? MissingHeadError { return "no \(error.head)" }
  if let error = error as? HubError, case .notCached(let model, _, _) = error {
    return "\(model) is not cached"
  }
  if error is BatchError || error is TokenizerError { return "text" }
  if error is ClassifierError || error is FeatureError || error is FillMaskError { return "use" }
  return error is HubError ? "hub" : error is any DescribedError ? "other" : "foreign"
}

do {
  let onProgress: @Sendable (DownloadProgress) -> Void = { print($0.file, $0.receivedBytes) }
  _ = try await FillMask(model: "no-such/model", hub: hub, onProgress: onProgress)
} catch {
  print(configuration.hiddenSize, activation, Precision.automatic, kind(of: error))
}
