import Cloud4Bert

/// Two models on the same texts, as one JSON object: an object for each, and what sets them apart.
struct ComparisonObject: Encodable {
  let input: String
  let skipped: Int
  let models: [ReportObject]
  let comparison: Comparison?
  let differing: [Text]

  struct Comparison: Encodable {
    let bothRight: Int
    let onlyFirstRight: Int
    let onlySecondRight: Int
    let bothWrong: Int
    let sameAnswer: Int
    let mcnemarP: Double
    let figure: String
    let difference: Double
    let differenceInterval: IntervalObject
  }

  struct Text: Encodable {
    let row: Int
    let text: String
    let pair: String?
    let `true`: String
    let predicted: [String]
    let firstIsRight: Bool
  }

  init(_ result: EvaluationResult) {
    input = result.input
    skipped = result.skipped
    models = result.models.map { $0.object(skipped: result.skipped, input: nil) }
    comparison = result.comparison.map { comparison in
      Comparison(
        bothRight: comparison.bothRight, onlyFirstRight: comparison.onlyFirstRight,
        onlySecondRight: comparison.onlySecondRight, bothWrong: comparison.bothWrong,
        sameAnswer: comparison.sameAnswer, mcnemarP: comparison.mcNemarPValue,
        figure: comparison.figureName, difference: comparison.difference.value,
        differenceInterval: IntervalObject(comparison.difference.interval))
    }
    differing = result.differing.map { entry in
      Text(
        row: entry.row, text: entry.text, pair: entry.pair, true: entry.truth,
        predicted: entry.answers, firstIsRight: entry.isFirstRight)
    }
  }
}

/// A report as an object of its kind.
enum ReportObject: Encodable {
  case one(EvaluationObject)
  case several(MultiLabelObject)

  func encode(to encoder: any Encoder) throws {
    switch self {
    case .one(let object): try object.encode(to: encoder)
    case .several(let object): try object.encode(to: encoder)
    }
  }
}
