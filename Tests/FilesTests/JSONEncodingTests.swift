import Files
import Foundation
import Testing

@Suite struct JSONEncodingTests {
  private func line(_ value: some Encodable) throws -> String {
    String(decoding: try JSON.line(of: value), as: UTF8.self)
  }

  private struct Figures: Encodable {
    var meanScore = 0.1
    var upTo: Float = 0.1
    var count = -3
    var weightedF1: Double?
    @OrNull var best: Int?
    var `true` = "a\"\n"
    var isRight = true
    var matrix = [[1, 2], []]
    var rows = [JSONRow([("b", 1), ("a", Double.nan)])]
    var none: Double = -.infinity
    var large: UInt64 = .max
  }

  @Test func membersComeAsTheyAreDeclared() throws {
    #expect(
      try line(Figures()) == #"""
        {"mean_score":0.1,"up_to":0.1,"count":-3,"best":null,"true":"a\"\n","is_right":true,\#
        "matrix":[[1,2],[]],"rows":[{"b":1,"a":null}],"none":null,"large":18446744073709551615}
        """#)
    #expect(try line(Figures(weightedF1: 1, best: 2)).contains(#""weighted_f1":1.0,"best":2,"#))
  }

  private struct Parts: Encodable {
    func encode(to encoder: any Encoder) throws {
      try JSONRow([("a", 1)]).encode(to: encoder)
      try JSONRow([("b", Optional<Int>.none)]).encode(to: encoder)
    }
  }

  private struct Nested: Encodable {
    enum CodingKeys: CodingKey { case object, array }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      var object = container.nestedContainer(keyedBy: CodingKeys.self, forKey: .object)
      var array = container.nestedUnkeyedContainer(forKey: .array)
      try object.encode(1, forKey: .array)
      try array.encode("x")
      try array.encodeNil()
      var inner = array.nestedUnkeyedContainer()
      try inner.encode(Float.infinity)
      #expect(array.count == 3)
    }
  }

  @Test func anObjectMayHaveParts() throws {
    #expect(try line(Parts()) == #"{"a":1,"b":null}"#)
    #expect(try line(Nested()) == #"{"object":{"array":1},"array":["x",null,[null]]}"#)
    #expect(try line([Double]()) == "[]" && line(Int?.none) == "null" && line("é") == "\"é\"")
    #expect(try line(1e16) == "1e+16" && line(1e-05) == "1e-05" && line(3.0) == "3.0")
  }
}
