import Evaluation
import Testing

@Suite struct LabelIndexTests {
  private func ids(_ labels: [String], of spellings: [String]) throws -> [Int?] {
    let index = try LabelIndex(labels: labels)
    return spellings.map { index.id(of: $0) }
  }

  @Test func namesIdsAndNumberedNames() throws {
    let labels = ["negative", "neutral", "positive"]
    #expect(
      try ids(labels, of: ["positive", "0", "LABEL_1", "Negative", "label_2", " neutral\t"])
        == [2, 0, 1, 0, 2, 1])
    #expect(
      try ids(labels, of: ["", "3", "-1", "00", "1.5", "LABEL_3", "pos"]).allSatisfy { $0 == nil })
  }

  @Test func theExactNameComesFirst() throws {
    #expect(try ids(["US", "us", "Us"], of: ["us", "US", "Us", "uS"]) == [1, 0, 2, nil])
    #expect(try ids(["LABEL_1", "LABEL_0"], of: ["LABEL_0", "LABEL_1", "label_0"]) == [1, 0, 1])
  }

  @Test func whereNamesAreNumbersIdsAreNot() throws {
    #expect(
      try ids(["1", "2", "many"], of: ["1", "2", "0", "many", "LABEL_0"]) == [0, 1, nil, 2, 0])
  }

  // Composed and decomposed é are two names, and each finds a name alone that is written the other way.
  @Test func namesAreComparedByTheirScalars() throws {
    let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
    #expect(
      try ids([composed, decomposed], of: [decomposed, composed, "CAF\u{C9}"]) == [1, 0, nil])
    #expect(try ids(["a", composed], of: [decomposed, "CAFE\u{301}"]) == [1, 1])
  }

  // pandas writes a column of ids with an empty cell as 0.0, 1.0, …
  @Test func wholeNumbersMayHaveZerosBehindTheirPoint() throws {
    #expect(
      try ids(["a", "b", "c"], of: ["2.0", "0.00", "1.5", "3.0", "2.", ".0", "-1.0", "1.0.0"])
        == [2, 0, nil, nil, nil, nil, nil, nil])
    #expect(try ids(["4", "5"], of: ["5.0", "4", "1.0"]) == [1, 0, nil])
  }

  @Test func aNameIsThereOnce() throws {
    #expect(throws: EvaluationError.duplicateLabel("a")) {
      try LabelIndex(labels: ["a", "b", "a"])
    }
  }
}
