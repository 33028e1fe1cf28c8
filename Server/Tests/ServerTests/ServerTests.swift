import Cloud4Bert
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import NIOFoundationCompat
import Testing

@testable import ServerTool

@Suite struct ServerTests {
  private static let classifierModel = Result {
    try ServedModel(
      name: "test/model", folder: TextClassifier.defaultModelFolder(), options: .init(threads: 2))
  }

  private static func fixtureFolder(_ path: String) -> URL {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
    return root.standardizedFileURL.appending(path: "Tests/Fixtures/\(path)")
  }

  private func fixture(_ name: String) throws -> ServedModel {
    try ServedModel(
      name: name, folder: Self.fixtureFolder("checkpoints/\(name)"), options: .init(threads: 1))
  }

  private func test(
    _ model: ServedModel? = nil, limits: Admission.Limits = .init(), keys: [String] = [],
    origins: [String] = [], maxBody: Int = 1 << 20, requestTimeout: Duration? = nil,
    _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
  ) async throws {
    let service = Service(
      model: try model ?? Self.classifierModel.get(), admission: Admission(limits: limits),
      metrics: Metrics(), apiKeys: keys, allowedOrigins: origins, maxBody: maxBody,
      requestTimeout: requestTimeout)
    let application = Application(
      responder: Responder(service: service, logsRequests: false),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    try await application.test(.router, body)
  }

  private func post(
    _ client: any TestClientProtocol, _ path: String, _ body: String,
    headers: HTTPFields = [.contentType: "application/json"]
  ) async throws -> (status: Int, headers: HTTPFields, text: String) {
    let response = try await client.execute(
      uri: path, method: .post, headers: headers, body: ByteBuffer(string: body))
    return (response.status.code, response.headers, String(buffer: response.body))
  }

  private var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
  }

  /// What the library says, as JSON.
  private func labels(_ answer: Classification, _ count: Int = 3) -> String {
    "["
      + answer.top(count).map { "{\"label\":\"\($0.label)\",\"score\":\($0.score)}" }
      .joined(separator: ",") + "]"
  }

  @Test func textsAndPairsHaveTheScoresOfTheLibrary() async throws {
    let classifier = try #require(try Self.classifierModel.get().classifier)
    let texts = ["Thanks a lot, that fixed it!", "I hate \"this\" \u{1F600} plugin.", ""]
    let answers = try await classifier.classify(texts)
    let pair = try await classifier.classify(texts[0], pair: texts[1])
    try await test { client in
      let quoted = texts.map(JSONText.quoted)
      for (text, answer) in zip(quoted, answers) {
        let one = try await post(client, "/predict", #"{"inputs":\#(text)}"#)
        #expect(one.status == 200 && one.text == labels(answer))
        let hub = try await post(client, "/", #"{"inputs":\#(text),"parameters":{"top_k":2}}"#)
        #expect(hub.text == "[\(labels(answer, 2))]")
      }
      let two = "\(quoted[0]),\(quoted[1])"
      #expect(try await post(client, "/predict", #"{"inputs":[\#(two)]}"#).text == labels(pair))
      let hub = try await post(client, "/", #"{"inputs":[\#(two)],"parameters":{}}"#)
      #expect(hub.text == "[\(labels(answers[0])),\(labels(answers[1]))]")
      let batch = try await post(client, "/predict", #"{"inputs":[[\#(two)],[\#(quoted[2])]]}"#)
      #expect(batch.text == "[\(labels(pair)),\(labels(answers[2]))]")
      let named = try await post(
        client, "/", #"{"inputs":{"text":\#(quoted[0]),"text_pair":\#(quoted[1])},"parameters":{}}"#
      )
      #expect(named.text == "[\(labels(pair))]")
      #expect(named.headers[.computeTokens] == "\(pair.tokenCount)")
    }
  }

  @Test func scoresAreOfTheFunctionThatIsAskedFor() async throws {
    let classifier = try #require(try Self.classifierModel.get().classifier)
    let logits = try await classifier.classify("fine").logits
    try await test { client in
      let raw = try await post(client, "/predict", #"{"inputs":"fine","raw_scores":true}"#)
      for logit in logits { #expect(raw.text.contains("\"score\":\(logit)}")) }
      let sigmoid = try await post(
        client, "/", #"{"inputs":"fine","parameters":{"function_to_apply":"sigmoid"}}"#)
      for logit in logits {
        let expected = 1 / (1 + exp(-Double(logit)))
        let scores = try decoder.decode([[Score]].self, from: Data(sigmoid.text.utf8))[0]
        #expect(scores.contains { abs(Double($0.score) - expected) < 1e-6 })
      }
      let other = try await post(
        client, "/", #"{"inputs":"fine","parameters":{"function_to_apply":"tanh"}}"#)
      #expect(other.status == 422)
    }
  }

  private struct Score: Decodable {
    let label: String
    let score: Float
  }

  @Test func vectorsHaveTheNumbersOfTheLibrary() async throws {
    let model = try Self.classifierModel.get()
    let vectors = try await model.features().features(of: ["one", "two texts"])
    try await test { client in
      let answer = try await post(client, "/embed", #"{"inputs":["one","two texts"]}"#)
      #expect(
        try decoder.decode([[Float]].self, from: Data(answer.text.utf8))
          == vectors.map(\.values))
      struct Embeddings: Decodable {
        struct Entry: Decodable {
          let index: Int
          let embedding: String
        }
        struct Usage: Decodable { let totalTokens: Int }
        let data: [Entry]
        let model: String
        let usage: Usage
      }
      let openAI = try await post(
        client, "/v1/embeddings",
        #"{"input":["one","two texts"],"model":"m","encoding_format":"base64"}"#)
      let embeddings = try decoder.decode(Embeddings.self, from: Data(openAI.text.utf8))
      #expect(embeddings.data.map(\.index) == [0, 1] && embeddings.model == "test/model")
      #expect(embeddings.usage.totalTokens == vectors[0].tokenCount + vectors[1].tokenCount)
      for (entry, vector) in zip(embeddings.data, vectors) {
        let bytes = try #require(Data(base64Encoded: entry.embedding))
        let values = bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
        #expect(values == vector.values)
      }
      let short = try await post(client, "/embed", #"{"inputs":"one","dimensions":4}"#)
      let values = try decoder.decode([[Float]].self, from: Data(short.text.utf8))[0]
      #expect(values.count == 4)
      #expect(abs(values.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
      #expect(try await post(client, "/embed", #"{"inputs":"one","dimensions":0}"#).status == 422)
    }
  }

  @Test func tokenIDsStandForTheirText() async throws {
    try await test { client in
      // "hello world" of bert-base-uncased, with its special tokens and without them.
      let text = try await post(client, "/v1/embeddings", #"{"input":"hello world"}"#)
      for ids in ["[7592,2088]", "[[101,7592,2088,102]]"] {
        let answer = try await post(client, "/v1/embeddings", #"{"input":\#(ids)}"#)
        #expect(answer.status == 200 && answer.text == text.text)
      }
      let mixed = try await post(client, "/embed", #"{"inputs":["hello world",[7592,2088]]}"#)
      let vectors = try decoder.decode([[Float]].self, from: Data(mixed.text.utf8))
      #expect(vectors.count == 2 && vectors[0] == vectors[1])
      // Of another tokenizer.
      let other = try await post(client, "/v1/embeddings", #"{"input":[[100264]]}"#)
      #expect(other.status == 422 && other.text.contains("no token 100264"))
      #expect(try await post(client, "/v1/embeddings", #"{"input":[[-1]]}"#).status == 422)
      #expect(try await post(client, "/v1/embeddings", #"{"input":[]}"#).status == 400)
    }
  }

  @Test func promptsAreThoseOfTheFolder() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let parts = ["checkpoints/bert-bare", "sentence-transformers/prompts"].map(Self.fixtureFolder)
    try FileManager.default.copyItem(at: parts[0], to: folder)
    for file in ["1_Pooling", "modules.json", "config_sentence_transformers.json"] {
      try FileManager.default.copyItem(
        at: parts[1].appending(path: file), to: folder.appending(path: file))
    }
    let model = try ServedModel(name: "prompts", folder: folder, options: .init(threads: 1))
    let query = try model.features().prompted(by: "query")
    #expect(!query.prompt.isEmpty)
    let vector = try query.featuresBlocking(of: "a text")
    try await test(model) { client in
      let body = #"{"inputs":"a text","prompt_name":"query"}"#
      for _ in 0..<2 {
        let answer = try await post(client, "/embed", body)
        #expect(
          try decoder.decode([[Float]].self, from: Data(answer.text.utf8)) == [vector.values])
      }
      let unknown = try await post(client, "/embed", #"{"inputs":"a","prompt_name":"none"}"#)
      #expect(unknown.status == 422 && unknown.text.contains("query"))
    }
  }

  @Test func timesAreTold() async throws {
    try await test { client in
      let answer = try await post(client, "/predict", #"{"inputs":[["a"],["b c"]]}"#)
      let total = try #require(answer.headers[.totalTime].flatMap { Int($0) })
      let parts = try [.tokenizationTime, .queueTime, .inferenceTime].map { name in
        try #require(answer.headers[name].flatMap { Int($0) })
      }
      #expect(parts.allSatisfy { 0...total ~= $0 })
      let tokens = try await post(client, "/tokenize", #"{"inputs":"a"}"#)
      #expect(tokens.headers[.inferenceTime] == nil)
      let metrics = try await client.execute(uri: "/metrics", method: .get)
      let text = String(buffer: metrics.body)
      for name in ["tokenization_duration_seconds", "queue_duration_seconds", "batch_texts"] {
        #expect(text.contains("c4b_\(name)_bucket{le=\"+Inf\"} 1\n"), "\(name)")
        #expect(text.contains("c4b_\(name)_count 1\n"))
      }
    }
  }

  @Test func whoWaitsTooLongIsTold() async throws {
    let texts = [String](repeating: #"["\#(String(repeating: "word ", count: 400))"]"#, count: 200)
    try await test(requestTimeout: .milliseconds(50)) { client in
      let start = ContinuousClock.now
      let late = try await post(
        client, "/predict", #"{"inputs":[\#(texts.joined(separator: ","))]}"#)
      #expect(late.status == 503 && late.headers[.retryAfter] == "1")
      #expect(late.text.contains("within 0.05 seconds") && late.text.contains("Overloaded"))
      #expect(start.duration(to: .now) < .seconds(5))
      // What it has asked is not worked on any more.
      let next = try await post(client, "/tokenize", #"{"inputs":"a"}"#)
      #expect(next.status == 200)
    }
  }

  @Test func masksAreFilled() async throws {
    let model = try fixture("distilbert-mlm")
    let expected = try #require(model.fillMask).fillBlocking("the [MASK] was", topK: 2)[0]
    try await test(model) { client in
      let answer = try await post(
        client, "/", #"{"inputs":"the [MASK] was","parameters":{"top_k":2}}"#)
      struct Prediction: Decodable {
        let score: Float
        let token: Int
        let tokenStr: String
        let sequence: String
      }
      let predictions = try decoder.decode([Prediction].self, from: Data(answer.text.utf8))
      #expect(predictions.map(\.score) == expected.map(\.score))
      #expect(predictions.map(\.token) == expected.map(\.token))
      #expect(predictions.map(\.tokenStr) == expected.map(\.tokenString))
      #expect(predictions.map(\.sequence) == expected.map(\.sequence))
      #expect(try await post(client, "/", #"{"inputs":"no mask","parameters":{}}"#).status == 422)
      #expect(try await post(client, "/predict", #"{"inputs":"a"}"#).status == 422)
    }
  }

  @Test(arguments: [
    (#"{"inputs":"#, 400), ("", 400), (#"{"inputs":3}"#, 422), ("[]", 422), ("{}", 422),
    (#"{"inputs":[]}"#, 400), (#"{"inputs":[["a","b","c"]]}"#, 422),
    (#"{"inputs":null}"#, 422), (#"{"inputs":"a","truncation_direction":"up"}"#, 422),
    (String(repeating: "[", count: 100_000), 400),
    (#"{"inputs":"\#(String(repeating: "word ", count: 700))"}"#, 413),
  ])
  func badBodiesAreRefused(_ body: String, _ status: Int) async throws {
    try await test { client in
      let answer = try await post(client, "/predict", body)
      #expect(answer.status == status)
      struct Refusal: Decodable {
        let error: String
        let errorType: String
      }
      let refusal = try decoder.decode(Refusal.self, from: Data(answer.text.utf8))
      #expect(!refusal.error.isEmpty && !refusal.errorType.isEmpty)
    }
  }

  @Test func longTextsAreCutWhereThatIsAskedFor() async throws {
    let text = String(repeating: "word ", count: 700)
    try await test { client in
      for body in [
        #"{"inputs":"\#(text)","truncate":true}"#, #"{"inputs":"\#(text)","parameters":{}}"#,
      ] {
        let answer = try await post(client, "/predict", body)
        #expect(answer.status == 200 && answer.headers[.computeTokens] == "512")
      }
    }
  }

  @Test func limitsAreKept() async throws {
    try await test(limits: .init(requests: 1, tokens: 1000, texts: 2), maxBody: 200) { client in
      #expect(try await post(client, "/embed", #"{"inputs":["a","b","c"]}"#).status == 422)
      let large = #"{"inputs":"\#(String(repeating: "a", count: 300))"}"#
      #expect(try await post(client, "/predict", large).status == 413)
      let form = try await post(
        client, "/predict", "inputs=a", headers: [.contentType: "text/plain"])
      #expect(form.status == 415)
    }
    let admission = Admission(limits: .init(requests: 2, tokens: 100, texts: 5))
    try await admission.admit(texts: 1, byteCount: 300) {
      await #expect(throws: APIError.self) {
        try await admission.admit(texts: 1, byteCount: 300) {}
      }
      try await admission.admit(texts: 1, byteCount: 8) {
        await #expect(throws: APIError.self) {
          try await admission.admit(texts: 1, byteCount: 0) {}
        }
        #expect(admission.load.requests == 2)
      }
    }
    #expect(admission.load.requests == 0 && admission.load.tokens == 0)
  }

  @Test func keysAreAskedFor() async throws {
    try await test(keys: ["secret", "other"]) { client in
      for (key, status) in [
        ("", 401), ("Bearer secre", 401), ("Bearer secrets", 401), ("Bearer secret", 200),
        ("bearer other", 200), ("Basic secret", 401),
      ] {
        let answer = try await post(
          client, "/predict", #"{"inputs":"a"}"#,
          headers: [.contentType: "application/json", .authorization: key])
        #expect(answer.status == status, "\(key)")
      }
      for path in ["/health", "/metrics", "/"] {
        #expect(try await client.execute(uri: path, method: .get).status == .ok)
      }
      #expect(try await client.execute(uri: "/info", method: .get).status == .unauthorized)
    }
  }

  @Test func pathsAndMethodsAreKnown() async throws {
    try await test(origins: ["https://a.example"]) { client in
      #expect(try await client.execute(uri: "/nothing", method: .get).status == .notFound)
      let wrong = try await client.execute(uri: "/predict", method: .get)
      #expect(wrong.status == .methodNotAllowed && wrong.headers[.allow] == "POST")
      let preflight = try await client.execute(
        uri: "/predict", method: .options, headers: [.origin: "https://a.example"])
      #expect(preflight.status == .noContent)
      #expect(preflight.headers[.accessControlAllowOrigin] == "https://a.example")
      let stranger = try await client.execute(
        uri: "/health", method: .get, headers: [.origin: "https://b.example"])
      #expect(stranger.headers[.accessControlAllowOrigin] == nil)
      let openAI = try await post(client, "/v1/embeddings", "{}")
      #expect(openAI.status == 422 && openAI.text.hasPrefix(#"{"error":{"message":"#))
      let metrics = try await client.execute(uri: "/metrics", method: .get)
      let text = String(buffer: metrics.body)
      #expect(text.contains(#"c4b_requests_total{route="/predict",status="405"} 1"#))
      #expect(text.contains("c4b_failures_total{kind=\"Validation\"} 3"))
    }
  }

  /// Every route is described, and what is described is there.
  @Test func theDescriptionNamesAllRoutes() async throws {
    try await test { client in
      let response = try await client.execute(uri: "/openapi.json", method: .get)
      let object = try JSONSerialization.jsonObject(with: Data(buffer: response.body))
      let paths = try #require((object as? [String: Any])?["paths"] as? [String: [String: Any]])
      let undescribed: Set = ["/openapi.json", "/docs", "/embeddings"]
      #expect(Set(paths.keys) == Set(Service.routes.keys).subtracting(undescribed))
      for (path, methods) in paths {
        let routes = Service.routes[path]?.map { $0.method.rawValue.lowercased() } ?? []
        #expect(Set(methods.keys) == Set(routes))
      }
      let docs = try await client.execute(uri: "/docs", method: .get)
      #expect(String(buffer: docs.body).contains("/openapi.json"))
    }
  }

  @Test func tokensStandForCharacters() async throws {
    try await test { client in
      let answer = try await post(client, "/tokenize", #"{"inputs":["Hello wörld"]}"#)
      struct Token: Decodable, Equatable {
        let id: Int
        let text: String
        let special: Bool
        let start: Int?
        let stop: Int?
      }
      let tokens = try decoder.decode([[Token]].self, from: Data(answer.text.utf8))
      // Of bert-base-uncased.
      #expect(
        tokens == [
          [
            Token(id: 101, text: "[CLS]", special: true, start: nil, stop: nil),
            Token(id: 7592, text: "hello", special: false, start: 0, stop: 5),
            Token(id: 2088, text: "world", special: false, start: 6, stop: 11),
            Token(id: 102, text: "[SEP]", special: true, start: nil, stop: nil),
          ]
        ])
    }
  }

  @Test func optionsAreTakenFromTheEnvironment() {
    let arguments = EnvironmentOptions.arguments(
      ["--port", "1", "--max-body=5"],
      environment: [
        "CLOUD4BERT_PORT": "2", "CLOUD4BERT_MAX_BODY": "6", "CLOUD4BERT_HOST": "h",
        "CLOUD4BERT_LOG_REQUESTS": "1", "CLOUD4BERT_API_KEY": "",
      ])
    #expect(arguments == ["--port", "1", "--max-body=5", "--host=h", "--log-requests"])
  }
}
