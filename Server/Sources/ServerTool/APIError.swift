import HTTPTypes

/// What a client is told where it gets no answer: a status, a kind and a line.
struct APIError: Error {
  /// The kinds of text-embeddings-inference.
  enum Kind: String {
    case validation = "Validation"
    case tokenizer = "Tokenizer"
    case backend = "Backend"
    case overloaded = "Overloaded"
    case unhealthy = "Unhealthy"
    case empty = "Empty"
  }

  let status: HTTPResponse.Status
  let kind: Kind
  let message: String
  var headers: HTTPFields = [:]

  static func malformed(_ message: String) -> APIError {
    APIError(status: .badRequest, kind: .validation, message: message)
  }

  static func empty(_ message: String) -> APIError {
    APIError(status: .badRequest, kind: .empty, message: message)
  }

  static func unprocessable(_ message: String) -> APIError {
    APIError(status: .unprocessableContent, kind: .validation, message: message)
  }

  static func tooLong(_ message: String) -> APIError {
    APIError(status: .contentTooLarge, kind: .validation, message: message)
  }

  static func overloaded(_ message: String) -> APIError {
    APIError(
      status: .tooManyRequests, kind: .overloaded, message: message, headers: [.retryAfter: "1"])
  }

  /// The model's own fault.
  static func backend(_ error: any Error) -> APIError {
    APIError(status: .failedDependency, kind: .backend, message: "\(error)")
  }

  static func notServed(_ what: String, by model: String) -> APIError {
    .unprocessable("\(model) is no model for \(what)")
  }
}

extension HTTPResponse.Status {
  /// 424, as text-embeddings-inference answers where a model fails.
  static var failedDependency: Self { .init(code: 424, reasonPhrase: "Failed Dependency") }
}
