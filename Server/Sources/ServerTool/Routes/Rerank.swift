import Cloud4Bert
import NIOCore

extension Service {
  /// `POST /rerank` of text-embeddings-inference: texts by how well they answer a query, best first, by
  /// a model with one label.
  func rerank(_ body: ByteBuffer) async throws -> Answer {
    let request = try RequestBody.decode(RerankRequest.self, from: body)
    guard let classifier = model.classifier, classifier.labels.count == 1 else {
      throw APIError.notServed("reranking, which takes a classifier of one label", by: model.name)
    }
    try checkDirection(request.truncationDirection)
    guard !request.texts.isEmpty else { throw APIError.empty("'texts' is empty") }
    let inputs = request.texts.map { TextInput(request.query, pair: $0) }
    let byteCount = Self.byteCount(inputs)
    let answers = try await admission.admit(texts: inputs.count, byteCount: byteCount) {
      try await backend { try await classifier.classify(inputs) }
    }
    if request.truncate != true {
      try refuseTruncated(answers.map(\.isTruncated))
    }
    let scores = answers.map {
      request.rawScores == true ? $0.logits[0] : ScoreFunction.sigmoid($0.logits)[0]
    }
    var text = JSONText()
    text.array(Self.bestFirst(scores)) { text, index in
      text.raw(#"{"index":"#)
      text.number(index)
      if request.returnText == true {
        text.raw(#","text":"#)
        text.string(request.texts[index])
      }
      text.raw(#","score":"#)
      text.number(scores[index])
      text.raw("}")
    }
    return Answer(
      body: text.bytes,
      work: Work(
        texts: inputs.count, characters: byteCount,
        tokens: answers.reduce(0) { $0 + $1.tokenCount }))
  }
}
