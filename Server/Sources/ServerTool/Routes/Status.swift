import Cloud4Bert
import NIOCore

extension Service {
  func health() -> Answer {
    Answer(type: "text/plain; charset=utf-8", body: ByteBuffer(string: ""))
  }

  func metricsText() -> Answer {
    Answer(
      type: "text/plain; version=0.0.4; charset=utf-8",
      body: ByteBuffer(string: metrics.text(load: admission.load)))
  }

  /// `GET /info` of text-embeddings-inference.
  func info() -> Answer {
    var text = JSONText()
    text.raw(#"{"model_id":"#)
    text.string(model.name)
    text.raw(#","model_type":"#)
    if let classifier = model.classifier {
      text.json("{\(JSONText.quoted(model.kind)):{\"id2label\":")
      text.raw("{")
      for (id, label) in classifier.labels.enumerated() {
        if id > 0 { text.raw(",") }
        text.json("\"\(id)\":\(JSONText.quoted(label))")
      }
      text.raw("}}}")
    } else {
      text.json("{\(JSONText.quoted(model.kind)):{}}")
    }
    text.raw(#","architecture":"#)
    text.string(model.summary.architecture)
    text.raw(#","max_input_length":"#)
    text.number(model.maxLength)
    text.raw(#","max_concurrent_requests":"#)
    text.number(admission.limits.requests)
    text.raw(#","max_batch_tokens":"#)
    text.number(admission.limits.tokens)
    text.raw(#","max_client_batch_size":"#)
    text.number(admission.limits.texts)
    text.raw(#","version":"#)
    text.string(Cloud4BertVersion.current)
    text.raw("}")
    return Answer(body: text.bytes)
  }

  /// `GET /v1/models` of OpenAI.
  func openAIModels() -> Answer {
    var text = JSONText()
    text.raw(#"{"object":"list","data":[{"id":"#)
    text.string(model.name)
    text.raw(#","object":"model","created":0,"owned_by":"cloud4bert"}]}"#)
    return Answer(body: text.bytes)
  }
}
