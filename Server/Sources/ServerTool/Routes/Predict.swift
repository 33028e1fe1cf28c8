import Cloud4Bert
import Evaluation
import NIOCore

extension Service {
  /// `POST /predict` of text-embeddings-inference: all labels of a text or pair, best first; of a batch
  /// a list of such lists. With `parameters` it is the Hub's inference, as at `/`.
  func predict(_ body: ByteBuffer) async throws -> Answer {
    let request = try RequestBody.decode(PredictRequest.self, from: body)
    guard let classifier = model.classifier else {
      throw APIError.notServed("classification", by: model.name)
    }
    return try await labels(request, classifier)
  }

  /// `POST /`: what the model is for, in the shapes of the Hub's inference.
  func infer(_ body: ByteBuffer) async throws -> Answer {
    if let classifier = model.classifier {
      return try await labels(RequestBody.decode(PredictRequest.self, from: body), classifier)
    }
    if let fillMask = model.fillMask {
      return try await fill(RequestBody.decode(PredictRequest.self, from: body), fillMask)
    }
    return try await embed(body)
  }

  private func labels(_ request: PredictRequest, _ classifier: TextClassifier) async throws
    -> Answer
  {
    try checkDirection(request.truncationDirection)
    let isHub = request.parameters != nil
    // A client of the Hub's inference sends lists of texts, one of text-embeddings-inference a pair.
    let (inputs, isBatch): ([TextInput], Bool) =
      switch request.inputs {
      case .one(let input): ([input], isHub)
      case .texts(let texts) where isHub || texts.count != 2: (texts.map { TextInput($0) }, true)
      case .texts(let texts): ([TextInput(texts[0], pair: texts[1])], false)
      case .many(let inputs): (inputs, true)
      }
    guard !inputs.isEmpty else { throw APIError.empty("'inputs' is empty") }
    let scoring: ScoreFunction? =
      switch request.parameters?.functionToApply {
      case nil: request.rawScores == true ? .identity : nil
      case "softmax": .softmax
      case "sigmoid": .sigmoid
      case "none": .identity
      case let other?:
        throw APIError.unprocessable(
          "'function_to_apply' is softmax, sigmoid or none, not '\(other)'")
      }
    if let topK = request.parameters?.topK, topK < 1 {
      throw APIError.unprocessable("'top_k' is at least 1")
    }
    let count = request.parameters?.topK ?? classifier.labels.count
    let byteCount = Self.byteCount(inputs)
    let answers = try await admission.admit(texts: inputs.count, byteCount: byteCount) {
      try await backend { try await classifier.classify(inputs) }
    }
    if request.truncate == false || (request.truncate == nil && !isHub) {
      try refuseTruncated(answers.map(\.isTruncated))
    }
    func write(_ answer: Classification, to text: inout JSONText) {
      let values = scoring.map { $0(answer.logits) } ?? answer.values
      let best = Self.bestFirst(values).prefix(count)
      text.array(best) { text, label in
        text.raw(#"{"label":"#)
        text.string(classifier.labels[label])
        text.raw(#","score":"#)
        text.number(values[label])
        text.raw("}")
      }
    }
    var text = JSONText()
    if isBatch {
      text.array(answers) { write($1, to: &$0) }
    } else {
      write(answers[0], to: &text)
    }
    return Answer(
      body: text.bytes,
      work: Work(
        texts: inputs.count, characters: byteCount,
        tokens: answers.reduce(0) { $0 + $1.tokenCount }))
  }

  /// The fields of transformers' fill-mask pipeline: of a text with several masks a list a mask, of
  /// several texts a list a text.
  private func fill(_ request: PredictRequest, _ fillMask: FillMask) async throws -> Answer {
    let (inputs, isBatch): ([TextInput], Bool) =
      switch request.inputs {
      case .one(let input): ([input], false)
      case .texts(let texts): (texts.map { TextInput($0) }, true)
      case .many(let inputs): (inputs, true)
      }
    guard !inputs.isEmpty else { throw APIError.empty("'inputs' is empty") }
    let topK = request.parameters?.topK ?? 5
    guard topK > 0 else { throw APIError.unprocessable("'top_k' is at least 1") }
    let byteCount = Self.byteCount(inputs)
    let answers = try await admission.admit(texts: inputs.count, byteCount: byteCount) {
      try await backend {
        let targets = try request.parameters?.targets.map { try fillMask.targets($0) }
        return try await fillMask.fill(inputs, topK: topK, targets: targets).map { try $0.get() }
      }
    }
    func write(_ predictions: [MaskPrediction], to text: inout JSONText) {
      text.array(predictions) { text, prediction in
        text.raw(#"{"score":"#)
        text.number(prediction.score)
        text.raw(#","token":"#)
        text.number(prediction.token)
        text.raw(#","token_str":"#)
        text.string(prediction.tokenString)
        text.raw(#","sequence":"#)
        text.string(prediction.sequence)
        text.raw("}")
      }
    }
    func write(_ masks: [[MaskPrediction]], to text: inout JSONText) {
      if masks.count == 1 {
        write(masks[0], to: &text)
      } else {
        text.array(masks) { write($1, to: &$0) }
      }
    }
    var text = JSONText()
    if isBatch {
      text.array(answers) { write($1, to: &$0) }
    } else {
      write(answers[0], to: &text)
    }
    return Answer(
      body: text.bytes, work: Work(texts: inputs.count, characters: byteCount, tokens: 0))
  }
}
