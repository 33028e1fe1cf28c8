import Cloud4Bert
import Foundation
import NIOCore

extension Service {
  /// `POST /embed` of text-embeddings-inference and the Hub's feature extraction: a vector a text,
  /// [texts, size].
  func embed(_ body: ByteBuffer) async throws -> Answer {
    let request = try RequestBody.decode(EmbedRequest.self, from: body)
    try checkDirection(request.truncationDirection)
    // The Hub's client sends no word on long texts; they are cut, as its own servers do.
    let (vectors, work) = try await vectors(
      texts(request.inputs), promptName: request.promptName, dimensions: request.dimensions,
      truncate: request.truncate ?? true)
    var text = JSONText()
    text.array(vectors) { text, vector in
      // What has been normalised stays so.
      let vector = request.normalize == true ? Self.normalized(vector) : vector
      text.array(vector) { $0.number($1) }
    }
    return Answer(body: text.bytes, work: work)
  }

  /// `POST /v1/embeddings` of OpenAI.
  func openAIEmbeddings(_ body: ByteBuffer) async throws -> Answer {
    let request = try RequestBody.decode(EmbeddingsRequest.self, from: body)
    let (vectors, work) = try await vectors(
      texts(request.input), dimensions: request.dimensions, truncate: true)
    var text = JSONText()
    text.raw(#"{"object":"list","data":"#)
    text.array(vectors.enumerated()) { text, entry in
      text.raw(#"{"object":"embedding","index":"#)
      text.number(entry.offset)
      text.raw(#","embedding":"#)
      switch request.format ?? .float {
      case .float: text.array(entry.element) { $0.number($1) }
      case .base64:
        // Little-endian float32, as the client unpacks it.
        let bytes = entry.element.flatMap { value in
          withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
        }
        text.string(Data(bytes).base64EncodedString())
      }
      text.raw("}")
    }
    text.raw(#","model":"#)
    text.string(model.name)
    text.raw(#","usage":{"prompt_tokens":"#)
    text.number(work.tokens)
    text.raw(#","total_tokens":"#)
    text.number(work.tokens)
    text.raw("}}")
    return Answer(body: text.bytes, work: work)
  }

  private func vectors(
    _ texts: [String], promptName: String? = nil, dimensions: Int?, truncate: Bool
  ) async throws -> ([[Float]], Work) {
    guard !texts.isEmpty else { throw APIError.empty("there is no text") }
    let byteCount = texts.reduce(0) { $0 + $1.utf8.count }
    let answers = try await admission.admit(texts: texts.count, byteCount: byteCount) {
      try await backend {
        let extractor = try model.features(promptName: promptName)
        guard extractor.isPooled else {
          throw APIError.notServed("one vector a text", by: model.name)
        }
        if let dimensions, !(1...extractor.size).contains(dimensions) {
          throw APIError.unprocessable("'dimensions' is from 1 to \(extractor.size)")
        }
        return try await extractor.features(of: texts)
      }
    }
    if !truncate {
      try refuseTruncated(answers.map(\.isTruncated))
    }
    let work = Work(
      texts: texts.count, characters: byteCount,
      tokens: answers.reduce(0) { $0 + $1.tokenCount })
    // Shorter vectors are unit vectors again, as in OpenAI's interface and in sentence-transformers.
    let vectors = answers.map { answer in
      dimensions.map { Self.normalized(Array(answer.values.prefix($0))) } ?? answer.values
    }
    return (vectors, work)
  }

  static func normalized(_ vector: [Float]) -> [Float] {
    let length = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    return length > 0 ? vector.map { Float(Double($0) / length) } : vector
  }
}
