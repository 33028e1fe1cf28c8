import Cloud4Bert

let classifier = try TextClassifier()
let answer = try await classifier.classify("Thanks a lot, that fixed it!")
print(answer.label, answer.score)

// All that the module shows has a name and members here, without another import.
let configuration: ModelConfiguration = classifier.configuration
let activation: Activation = configuration.activation
let hub = ModelHub(settings: HubSettings(environment: ["HF_HUB_OFFLINE": "1"]))
let kinds: [(Precision, Products, ElementType?)] = [
  (.float32, Products.blas, configuration.elementType), (.automatic, .automatic, .bfloat16),
]
let encoder = try FeatureExtractor(options: .init(pooling: .cls, precision: kinds[0].0))
guard let vector = try await encoder.features(of: ["a", "b"]).first, vector.rows == 1,
  Head.maskedLM.classes == FillMask.architectures, configuration.family == .distilBert,
  FillMask.Options(threads: 1).products == nil, kinds[1].2?.name == "bfloat16"
else { fatalError("an answer that cannot be") }

var report = try ClassificationReport(for: classifier)
let input: TextInput = "It fails again."
let known: [(input: TextInput, trueLabel: Int)] = [(input, 0), (TextInput("Fine", pair: nil), 2)]
for (text, label) in known {
  let said = try await classifier.classify(text.text)
  try report.add(trueLabel: label, said, text: text.text)
}
guard try await classifier.evaluate(known).accuracy == report.accuracy,
  try LabelIndex(labels: report.labels).id(of: "positive") == 2, try lossOfAStep() > 0
else { fatalError("a report that cannot be") }

func kind(of error: any Error) -> String {
  if let error = error as? CheckpointError { return "checkpoint, \(error.kind)" }
  if let error = error as? MissingHeadError { return "no \(error.head) in \(error.path)" }
  if case .labelOutOfRange(let id, _)? = error as? EvaluationError { return "no label \(id)" }
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
