// Times steps of training for Scripts/compare-training-steps, which tells it when: for each line of
// standard input, the number of a batch, it takes a step and prints its seconds, its seconds of
// processor time, and its loss.

import Checkpoints
import Foundation
import Tensors
import Training
import Transformers

struct Batch: Decodable {
  let ids: [[Int32]]
  let labels: [Int]
}

let precision =
  CommandLine.arguments.count < 5 ? .float32 : Precision(rawValue: CommandLine.arguments[4])
guard (4...5).contains(CommandLine.arguments.count), let threads = Int(CommandLine.arguments[3]),
  threads > 0, let precision, precision != .bfloat16
else {
  FileHandle.standardError.write(
    Data("usage: TrainingStep FOLDER BATCHES.json THREADS [float32|bf16x3]\n".utf8))
  exit(2)
}
let batches = try JSONDecoder().decode(
  [Batch].self, from: Data(contentsOf: URL(filePath: CommandLine.arguments[2])))
let labelCount = 1 + (batches.flatMap(\.labels).max() ?? 0)
let model = try TrainableModel(
  folder: URL(filePath: CommandLine.arguments[1]), head: .sequenceClassification,
  labels: (0..<labelCount).map { "LABEL_\($0)" })
let step = DataParallelStep(
  model, optimizer: AdamW(model.parameters.layout), threads: threads,
  precision: precision)
let watch = ContinuousClock()

/// Of all threads so far, in seconds.
func processorTime() -> Double {
  Double(clock()) / Double(CLOCKS_PER_SEC)
}
while let line = readLine(), let number = Int(line), batches.indices.contains(number) {
  let batch = batches[number]
  var loss = 0.0
  let before = processorTime()
  let duration = try watch.measure {
    loss = try step(
      GlobalBatch(PackedBatch(batch.ids)), objective: CrossEntropy(labels: batch.labels),
      learningRate: 1e-5, dropoutSeed: 1
    ).loss
  }
  // Unbuffered: the script waits for it.
  FileHandle.standardOutput.write(
    Data("\(duration / .seconds(1)) \(processorTime() - before) \(loss)\n".utf8))
}
