import Cloud4Bert
import HTTPTypes
import Hummingbird
import NIOCore

/// What all routes share.
struct Service: Sendable {
  let model: ServedModel
  let admission: Admission
  let metrics: Metrics
  /// Nil where nobody has to show one.
  let apiKeys: [String]
  let allowedOrigins: [String]
  /// Of a body, in bytes.
  let maxBody: Int
  /// How long a request may take; nil for any time.
  var requestTimeout: Duration?

  /// A route's answer before it is sent.
  struct Answer {
    var type = "application/json"
    var body: ByteBuffer
    /// For `x-compute-characters` and `x-compute-tokens`.
    var work: Work?
  }

  struct Work {
    let texts: Int
    let characters: Int
    let tokens: Int
  }

  typealias Handler = @Sendable (Service, ByteBuffer) async throws -> Answer

  struct Route {
    let method: HTTPRequest.Method
    /// Whether it is there without an API key.
    var isOpen = false
    let handler: Handler
  }

  static let routes: [String: [Route]] = [
    "/": [
      Route(method: .get, isOpen: true) { service, _ in service.page() },
      Route(method: .post) { try await $0.infer($1) },
    ],
    "/predict": [Route(method: .post) { try await $0.predict($1) }],
    "/embed": [Route(method: .post) { try await $0.embed($1) }],
    "/rerank": [Route(method: .post) { try await $0.rerank($1) }],
    "/tokenize": [Route(method: .post) { try $0.tokenize($1) }],
    "/openapi.json": [Route(method: .get, isOpen: true) { service, _ in service.openAPI() }],
    "/docs": [Route(method: .get, isOpen: true) { service, _ in service.docs() }],
    "/info": [Route(method: .get) { service, _ in service.info() }],
    "/health": [Route(method: .get, isOpen: true) { service, _ in service.health() }],
    "/ready": [Route(method: .get, isOpen: true) { service, _ in service.health() }],
    "/metrics": [Route(method: .get, isOpen: true) { service, _ in service.metricsText() }],
    "/v1/embeddings": [Route(method: .post) { try await $0.openAIEmbeddings($1) }],
    "/embeddings": [Route(method: .post) { try await $0.openAIEmbeddings($1) }],
    "/v1/models": [Route(method: .get) { service, _ in service.openAIModels() }],
  ]
}

/// What a client asked, as far as the model cannot do all of it.
extension Service {
  /// Checks what a request says of texts that are too long.
  func checkDirection(_ direction: String?) throws {
    guard let direction else { return }
    guard ["left", "right"].contains(direction.lowercased()) else {
      throw APIError.unprocessable("'truncation_direction' is left or right, not '\(direction)'")
    }
    guard direction.lowercased() == model.tokenizer.truncationSide.rawValue else {
      throw APIError.unprocessable(
        "this model's tokenizer truncates on the \(model.tokenizer.truncationSide.rawValue)")
    }
  }

  /// The texts of a request; of token ids the text that they stand for.
  func texts(_ texts: Texts) throws -> [String] {
    try texts.all.map { item in
      switch item {
      case .text(let text): return text
      case .ids(let ids):
        if let id = ids.first(where: { model.tokenizer.token(for: $0) == nil }) {
          throw APIError(
            status: .unprocessableContent, kind: .tokenizer,
            message:
              "there is no token \(id) in this model's vocabulary: send texts, or ids of its own")
        }
        return model.tokenizer.decode(ids)
      }
    }
  }

  func refuseTruncated(_ isTruncated: [Bool]) throws {
    if let index = isTruncated.firstIndex(of: true) {
      throw APIError.tooLong(
        "text \(index + 1) is longer than \(model.maxLength) tokens; shorten it, or send "
          + "\"truncate\": true")
    }
  }

  /// Numbers of scores, the best score's first; of equal ones the lower.
  static func bestFirst(_ scores: [Float]) -> [Int] {
    scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
  }

  static func byteCount(_ inputs: [TextInput]) -> Int {
    inputs.reduce(0) { $0 + $1.text.utf8.count + ($1.pair?.utf8.count ?? 0) }
  }

  /// Errors of the library as a client sees them.
  func backend<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
      return try await body()
    } catch let error as APIError {
      throw error
    } catch let error as CancellationError {
      throw error
    } catch let error as TokenizerError {
      throw APIError(
        status: .unprocessableContent, kind: .tokenizer, message: error.description)
    } catch let error as FillMaskError {
      throw APIError.unprocessable(error.description)
    } catch let error as CallExpired {
      throw error
    } catch let error as FeatureError {
      throw APIError.unprocessable(error.description)
    } catch {
      throw APIError.backend(error)
    }
  }
}
