import Training

/// The loss of a step of training, in a file that imports the module for it alone.
func lossOfAStep() throws -> Double {
  var configuration = ModelConfiguration(published: .bert)
  configuration.layerCount = 1
  configuration.hiddenSize = 32
  configuration.headCount = 2
  configuration.intermediateSize = 64
  configuration.labels = ["no", "yes"]
  let model = TrainableModel(configuration, head: .sequenceClassification)
  let step = DataParallelStep(
    model, optimizer: AdamW(model.parameters.layout), threads: 2, precision: .float32)
  let batch = GlobalBatch(PackedBatch([[101, 2204, 102], [101, 2919, 102]]))
  return try step(
    batch, objective: CrossEntropy(labels: [1, 0]), learningRate: 5e-5, dropoutSeed: 1
  ).loss
}
