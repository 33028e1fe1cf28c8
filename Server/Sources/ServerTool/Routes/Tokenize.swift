import NIOCore
import Tokenization

extension Service {
  /// `POST /tokenize` of text-embeddings-inference: a list of tokens a text, with offsets in characters
  /// where a token stands for some.
  func tokenize(_ body: ByteBuffer) throws -> Answer {
    let request = try RequestBody.decode(TokenizeRequest.self, from: body)
    let inputs = try texts(request.inputs)
    guard !inputs.isEmpty else { throw APIError.empty("'inputs' is empty") }
    try admission.check(texts: inputs.count)
    var text = JSONText()
    try text.array(inputs) { text, input in
      let encoding: Encoding
      do {
        encoding = try model.tokenizer.encode(
          input, addSpecialTokens: request.addSpecialTokens ?? true)
      } catch {
        throw APIError(
          status: .unprocessableContent, kind: .tokenizer, message: "\(error)")
      }
      let characters = Self.characterNumbers(in: input)
      text.array(encoding.ids.indices) { text, index in
        let id = Int(encoding.ids[index])
        let isSpecial = encoding.sequenceIDs[index] == nil
        text.raw(#"{"id":"#)
        text.number(id)
        text.raw(#","text":"#)
        text.string(model.tokenizer.token(for: id) ?? "")
        text.raw(#","special":"#)
        text.json("\(isSpecial)")
        text.raw(#","start":"#)
        text.json(isSpecial ? "null" : "\(characters[encoding.offsets[index].lowerBound])")
        text.raw(#","stop":"#)
        text.json(isSpecial ? "null" : "\(characters[encoding.offsets[index].upperBound])")
        text.raw("}")
      }
    }
    return Answer(body: text.bytes)
  }

  /// For each byte of a text, and for its end, how many characters (Unicode scalars, as in Python)
  /// begin before it.
  private static func characterNumbers(in text: String) -> [Int] {
    var numbers: [Int] = []
    numbers.reserveCapacity(text.utf8.count + 1)
    var count = 0
    for byte in text.utf8 {
      numbers.append(count)
      // A byte that begins a character.
      if byte & 0xC0 != 0x80 { count += 1 }
    }
    return numbers + [count]
  }
}
