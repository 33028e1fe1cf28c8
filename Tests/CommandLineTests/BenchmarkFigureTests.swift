import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing
import Transformers

@testable import CommandLineTool

/// The arithmetic of a benchmark, against numbers counted by hand or by numpy.
@Suite struct BenchmarkFigureTests {
  /// `numpy.percentile([3, 1, 4, 1, 5, 9, 2, 6], [0, 50, 90, 99, 100])`
  @Test func percentilesAreThoseOfNumPy() {
    let samples = Samples([3, 1, 4, 1, 5, 9, 2, 6])
    let found = [0, 50, 90, 99, 100].map(samples.percentile)
    for (found, expected) in zip(found, [1, 3.5, 6.9, 8.79, 9]) {
      #expect(abs(found - expected) < 1e-12)
    }
    #expect(samples.median == 3.5 && samples.least == 1 && samples.most == 9)
    #expect(abs(samples.spread - 8 / 3.5) < 1e-12)
    #expect(Samples([7]).percentile(99) == 7 && Samples([7]).spread == 0)
  }

  /// The machine was half as fast in the second of three rounds: the ratios do not show it.
  @Test func ratiosAreThoseOfRounds() {
    let (slow, fast) = (Samples([10, 5, 11]), Samples([20, 10, 33]))
    #expect(fast.medianRatio(to: slow) == 2)
    #expect(slow.medianRatio(to: fast) == 0.5)
  }

  /// Two layers of size 4 and 8, texts of three and two tokens, three labels. In the first layer all
  /// five tokens count, in the second one query a text.
  @Test func operationsAreCounted() {
    var shape = ModelConfiguration(published: .bert)
    shape.hiddenSize = 4
    shape.headCount = 2
    shape.intermediateSize = 8
    shape.layerCount = 2
    shape.labels = ["a", "b", "c"]
    let operations = ForwardOperations(shape, lengths: [3, 2])
    // Three products of [5, 4] by [4, 4]; then one of [2, 4], and two of [5, 4].
    let projections: Int = 3 * 2 * 5 * 16 + 2 * 2 * 16 + 2 * 2 * 5 * 16
    #expect(operations[.queryKeyValue] == Double(projections))
    // Scores and contexts: 3 x 3 and 2 x 2 pairs of tokens, then 1 x 3 and 1 x 2, each of 4 columns.
    let pairs: Int = 9 + 4 + 3 + 2
    #expect(operations[.attention] == Double(2 * 2 * 4 * pairs))
    #expect(operations[.attentionOutput] == Double(2 * 16 * (5 + 2)))
    #expect(operations[.intermediate] == Double(2 * 4 * 8 * (5 + 2)))
    #expect(operations[.output] == operations[.intermediate])
    #expect(operations[.head] == Double(2 * 2 * (16 + 12)))
    for stage in [Stage.tokenization, .embeddings, .attentionNorm, .activation, .answers] {
      #expect(operations[stage] == nil)
    }
    let total: Double = 864 + 288 + 224 + 448 + 448 + 112
    #expect(operations.sum == total)
  }

  /// What `num_parameters()` says of the models that transformers makes of its defaults.
  @Test func parametersAreThoseOfTransformers() {
    #expect(ModelConfiguration(published: .bert).classifierParameterCount == 109_483_778)
    #expect(ModelConfiguration(published: .distilBert).classifierParameterCount == 66_955_010)
  }

  private func answers(_ best: [Int], _ scores: [Float] = []) -> BenchmarkAnswers {
    BenchmarkAnswers(
      best: best, scores: scores.map(\.bitPattern), tokenCounts: [], truncated: 0, seconds: 1)
  }

  private func comparison(
    _ one: [Int], _ labels: [String], with other: [Int], _ otherLabels: [String]
  ) -> AnswerComparison? {
    AnswerComparison((answers(one), labels), with: (answers(other), otherLabels))
  }

  @Test func agreementGoesByNames() throws {
    let one = ["negative", "neutral", "positive"]
    let other = ["Positive", "Neutral", "Negative"]
    #expect(comparison([0, 1, 2, 0], one, with: [2, 1, 2, 2], other)?.agreement == 0.75)
    let nameless = ["LABEL_0", "LABEL_1", "LABEL_2"]
    #expect(comparison([0, 1, 2, 0], one, with: [0, 1, 2, 2], nameless)?.agreement == 0.75)
    #expect(comparison([0], one, with: [0], ["negative", "positive"]) == nil)
    #expect(comparison([0], one, with: [0], ["bug", "wish", "question"]) == nil)
    #expect(comparison([0], ["LABEL_0"], with: [0], ["LABEL_0"])?.agreement == nil)
  }

  /// Two texts and three labels, in another order: differences of 0.25, 0, 0.25, 0, 0.125 and 0.125.
  @Test func scoresAreComparedByNames() throws {
    let (ours, theirs) = (["a", "b", "c"], ["C", "A", "B"])
    let one: [Float] = [0.5, 0.25, 0.25, 0.125, 0.75, 0.125]
    let other: [Float] = [0.5, 0.75, 0.25, 0.25, 0.125, 0.625]
    let compared = AnswerComparison(
      (answers([0, 1], one), ours), with: (answers([1, 2], other), theirs))
    let difference = try #require(compared?.scoreDifference)
    #expect(difference.mean == 0.125 && difference.largest == 0.25)
    #expect(compared?.agreement == 1)
    for none in [Float.nan, .infinity] {
      var broken = other
      broken[4] = none
      let compared = AnswerComparison(
        (answers([0, 1], one), ours), with: (answers([1, 2], broken), theirs))
      #expect(compared?.agreement == 1 && compared?.scoreDifference == nil)
    }
  }

  @Test func logarithmicAxesEndAtRoundNumbers() {
    let axis = LogarithmicAxis([3, 40], start: 100, length: 200)
    #expect(axis.least == 2 && axis.most == 50)
    #expect(abs(axis.place(2) - 100) < 1e-9 && abs(axis.place(50) - 300) < 1e-9)
    #expect(abs(axis.place(10) - 200) < 1e-9)
    #expect(zip(axis.ticks, [2, 5, 10, 20, 50.0]).allSatisfy { abs($0 - $1) < 1e-9 })
    let same = LogarithmicAxis([7, 7], start: 0, length: 1)
    #expect(same.least < 7 && same.most > 7)
    let wide = LogarithmicAxis([0.0003, 90_000], start: 0, length: 1)
    #expect(wide.ticks.count <= 12 && wide.ticks.count > 2)
    #expect(
      [0.001, 0.05, 0.2, 1, 50, 2000, 5_000_000].map(LogarithmicAxis.label) == [
        "0.001", "0.05", "0.2", "1", "50", "2k", "5M",
      ])
  }

  private func figures(
    _ name: String, rates: [Double], agreement: Double? = nil, f1: Double? = nil,
    profile: BenchmarkProfile? = nil
  ) -> ModelFigures {
    ModelFigures(
      model: BenchmarkedModel(name: name, weights: .folder("m"), precision: nil),
      opened: OpenedModel(
        folder: "m", architecture: "BertForSequenceClassification", labels: ["a", "b"],
        choosesOne: true, layers: 2, hiddenSize: 4, parameters: 2_000_000, fileBytes: 8_000_000,
        precision: "float32", kernel: "BLAS, Haswell", threads: 2, maxLength: 512, seconds: 0.01),
      tokenCount: 40, truncated: 1, textRates: Samples(rates), latencies: Samples([0.002, 0.004]),
      openings: nil, starts: nil, peakMemory: nil, accuracy: f1, weightedF1: f1,
      agreement: agreement, scoreDifference: nil, speedup: agreement == nil ? nil : 2,
      profile: profile, textCount: 4)
  }

  private func report(_ models: [ModelFigures]) -> BenchmarkReport {
    BenchmarkReport(
      models: models, file: "in", textCount: 4, rounds: 2, batchTokens: 1024, blasCore: "X",
      kernels: "portable", processor: "sse2", notes: [])
  }

  @Test func unsteadyRoundsAreCalledSo() {
    #expect(!figures("a", rates: [100, 109, 104]).isUnsteady)
    #expect(figures("a", rates: [100, 112, 104]).isUnsteady)
    #expect(figures("a", rates: [10, 30]).tokensPerSecond == 200)
  }

  @Test func aStageIsMeasuredByThePeak() {
    let profile = BenchmarkProfile(
      entries: [
        .init(stage: "\(Stage.output)", seconds: 1.5, operations: 75e9),
        .init(stage: "\(Stage.activation)", seconds: 0.5, operations: nil),
      ], seconds: 1.25, threads: 2, peak: 100e9)
    #expect(profile.accounted == 0.8)
    let cells = profile.entries.map { BenchmarkRow.cells($0, in: profile) }
    #expect(cells == [["1.500", "75.0 %", "50.0", "50 %"], ["0.500", "25.0 %", "", ""]])
    #expect(BenchmarkRow.accounted(profile).contains("80.0 % of 2 x 1.25 s"))
    #expect(BenchmarkRow.accounted(profile).contains("30 % were used"))
  }

  @Test func whatSpeedCostsDependsOnWhatIsKnown() throws {
    #expect(TradeOffPlot(report: report([figures("a", rates: [1, 1])])) == nil)
    let known = report([
      figures("a", rates: [10, 10], f1: 0.9), figures("b", rates: [20, 20], f1: 0.8),
    ])
    #expect(TradeOffPlot(report: known)?.title == "Speed and quality")
    let agreed = report([
      figures("a", rates: [10, 10]), figures("b", rates: [20, 20], agreement: 0.9),
    ])
    #expect(TradeOffPlot(report: agreed)?.title == "Speed and agreement")
    let sized = report([figures("a", rates: [10, 10]), figures("b<&>", rates: [20, 20])])
    #expect(TradeOffPlot(report: sized)?.title == "Speed and size")
    let page = BenchmarkPage(report: sized).text
    #expect(page.contains("b&lt;&amp;&gt;") && !page.contains("b<"))
  }
}
