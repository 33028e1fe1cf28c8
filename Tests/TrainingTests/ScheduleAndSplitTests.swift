import Foundation
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite struct LearningRateScheduleTests {
  private struct Case: Decodable {
    let peak: Double
    let warmupSteps: Int
    let totalSteps: Int
    let rates: [Double]

    enum CodingKeys: String, CodingKey {
      case peak, rates
      case warmupSteps = "warmup_steps"
      case totalSteps = "total_steps"
    }
  }

  @Test func ratesAreThoseOfTransformers() throws {
    let file = fixturesFolder.appending(path: "training/schedules.json")
    let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
    #expect(cases.count == 6)
    for reference in cases {
      let schedule = LearningRateSchedule(
        peak: reference.peak, warmupSteps: reference.warmupSteps, totalSteps: reference.totalSteps)
      for (step, rate) in reference.rates.enumerated() {
        #expect(abs(schedule.rate(at: step) - rate) <= rate * 1e-15, "step \(step)")
      }
    }
  }

  @Test func aShareOfTheStepsIsRoundedUp() {
    #expect(LearningRateSchedule(peak: 1, warmup: 0.1, totalSteps: 11).warmupSteps == 2)
    #expect(LearningRateSchedule(peak: 1, warmup: 0, totalSteps: 11).rate(at: 0) == 1)
    #expect(LearningRateSchedule(peak: 1, warmup: 1, totalSteps: 4).rate(at: 3) == 0.75)
  }
}

@Suite struct StratifiedSplitTests {
  @Test(arguments: [0.1, 0.2, 0.25, 0.5, 0.9])
  func everyClassGivesItsShare(_ share: Double) {
    let counts = [100, 37, 9, 2, 1]
    let classes = SplitMix64.shuffled(
      counts.enumerated().flatMap { Array(repeating: $0, count: $1) })
    let split = StratifiedSplit(classes: classes, classCount: 5, validationShare: share, seed: 3)
    #expect((split.training + split.validation).sorted() == Array(0..<149))
    #expect(split.training == split.training.sorted())
    for (label, count) in counts.enumerated() {
      let given = split.validation.count { classes[$0] == label }
      #expect(abs(Double(given) - Double(count) * share) <= 1)
      #expect(given < count)
    }
    #expect(abs(Double(split.validation.count) - 149 * share) <= 1.5)
  }

  @Test func seedsGiveSplitsOfTheirOwn() {
    let classes = (0..<60).map { $0 % 3 }
    func split(_ seed: UInt64) -> StratifiedSplit {
      StratifiedSplit(classes: classes, classCount: 3, validationShare: 0.2, seed: seed)
    }
    #expect(split(1) == split(1))
    #expect(split(1) != split(2))
  }

  @Test func aClassOfOneStaysInTraining() {
    let split = StratifiedSplit(
      classes: [0, 0, 0, 0, 1], classCount: 2, validationShare: 0.5, seed: 0)
    #expect(split.training.contains(4) && split.validation.count == 2)
  }
}

extension SplitMix64 {
  fileprivate static func shuffled(_ numbers: [Int]) -> [Int] {
    var generator = SplitMix64(1)
    return generator.permutation(numbers.count).map { numbers[$0] }
  }
}
