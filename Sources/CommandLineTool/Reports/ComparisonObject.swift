import Cloud4Bert
import Records

/// Two models on the same texts, as one JSON object: an object for each, and what sets them apart.
struct ComparisonObject {
  let result: EvaluationResult

  /// The object and a line break.
  var bytes: [UInt8] {
    let models = result.models.map { model in
      String(
        decoding: model.object(skipped: result.skipped, context: "").dropLast(), as: UTF8.self)
    }
    var object = "{\"input\":\(JSONText.quoted(result.input)),\"skipped\":\(result.skipped)"
    object += ",\"models\":\(EvaluationObject.array(models))"
    if let comparison = result.comparison {
      let interval = EvaluationObject.member(comparison.difference.interval)
      object += ",\"comparison\":{\"both_right\":\(comparison.bothRight)"
      object += ",\"only_first_right\":\(comparison.onlyFirstRight)"
      object += ",\"only_second_right\":\(comparison.onlySecondRight)"
      object += ",\"both_wrong\":\(comparison.bothWrong)"
      object += ",\"same_answer\":\(comparison.sameAnswer)"
      object += ",\"mcnemar_p\":\(comparison.mcNemarPValue)"
      object += ",\"figure\":\(JSONText.quoted(comparison.figureName))"
      object += ",\"difference\":\(comparison.difference.value)"
      object += ",\"difference_interval\":\(interval)}"
    }
    object += ",\"differing\":\(EvaluationObject.array(result.differing.map(Self.member)))"
    object += "}\n"
    return Array(object.utf8)
  }

  private static func member(_ entry: DifferingText) -> String {
    let text = EvaluationObject.members(row: entry.row, text: entry.text, pair: entry.pair)
    let answers = EvaluationObject.array(entry.answers.map(JSONText.quoted))
    return "{\(text),"
      + "\"true\":\(JSONText.quoted(entry.truth)),\"predicted\":\(answers),"
      + "\"first_is_right\":\(entry.isFirstRight)}"
  }
}
