import Cloud4Bert
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOPosix

/// From a request to its route and back: keys, limits, errors, headers and figures in one place.
struct Responder: HTTPResponder {
  typealias Context = BasicRequestContext

  let service: Service
  let logsRequests: Bool

  func respond(to request: Request, context: Context) async throws -> Response {
    let start = ContinuousClock.now
    let path = request.uri.path
    var (response, failure) = await answer(request, path, context)
    let seconds = start.duration(to: .now) / .seconds(1)
    response.headers[.totalTime] = "\(Int(seconds * 1000))"
    if let origin = request.headers[.origin], let allowed = allowed(origin) {
      response.headers[.accessControlAllowOrigin] = allowed
      response.headers[.vary] = "Origin"
    }
    if let id = context.logger[metadataKey: "hb.request.id"] {
      response.headers[.requestID] = "\(id)"
    }
    service.metrics.record(
      route: Service.routes[path] == nil ? "other" : path, status: response.status.code,
      failure: failure, seconds: seconds)
    if logsRequests {
      context.logger.info(
        "request",
        metadata: [
          "method": "\(request.method)", "path": "\(path)", "status": "\(response.status.code)",
          "milliseconds": "\(Int(seconds * 1000))",
        ])
    }
    return response
  }

  private func answer(
    _ request: Request, _ path: String, _ context: Context
  ) async -> (Response, APIError.Kind?) {
    do {
      if request.method == .options, let preflight = preflight(request, path) {
        return (preflight, nil)
      }
      let monitor = CallMonitor()
      let deadline = service.requestTimeout.map { timeout in
        MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: TimeAmount(timeout)) {
          monitor.expire()
        }
      }
      defer { deadline?.cancel() }
      let answer = try await monitor.run { try await run(request, path) }
      var headers: HTTPFields = [.contentType: answer.type]
      let times = monitor.times
      if times.texts > 0 {
        headers[.tokenizationTime] = Self.milliseconds(times.tokenization)
        headers[.queueTime] = Self.milliseconds(times.queue)
        headers[.inferenceTime] = Self.milliseconds(times.inference)
        service.metrics.record(times)
      }
      if let work = answer.work {
        headers[.computeCharacters] = "\(work.characters)"
        headers[.computeTokens] = "\(work.tokens)"
        service.metrics.record(texts: work.texts, tokens: work.tokens)
      }
      return (
        Response(status: .ok, headers: headers, body: .init(byteBuffer: answer.body)), nil
      )
    } catch {
      let error = described(error, context)
      var headers = error.headers
      headers[.contentType] = "application/json"
      var text = JSONText()
      if path.hasPrefix("/v1/") {
        text.raw(#"{"error":{"message":"#)
        text.string(error.message)
        text.raw(#","type":"#)
        text.string(error.status.code < 500 ? "invalid_request_error" : "server_error")
        text.raw(#","param":null,"code":null}}"#)
      } else {
        text.raw(#"{"error":"#)
        text.string(error.message)
        text.raw(#","error_type":"#)
        text.string(error.kind.rawValue)
        text.raw("}")
      }
      return (
        Response(status: error.status, headers: headers, body: .init(byteBuffer: text.bytes)),
        error.kind
      )
    }
  }

  private static func milliseconds(_ duration: Duration) -> String {
    "\(Int(duration / .milliseconds(1)))"
  }

  private func run(_ request: Request, _ path: String) async throws -> Service.Answer {
    guard let routes = Service.routes[path] else {
      throw APIError(status: .notFound, kind: .validation, message: "there is no \(path)")
    }
    let method: HTTPRequest.Method = request.method == .head ? .get : request.method
    guard let route = routes.first(where: { $0.method == method }) else {
      let allowed = routes.map { $0.method.rawValue }.joined(separator: ", ")
      throw APIError(
        status: .methodNotAllowed, kind: .validation, message: "\(path) takes \(allowed)",
        headers: [.allow: allowed])
    }
    if !route.isOpen { try checkKey(request) }
    guard method == .post else { return try await route.handler(service, ByteBuffer()) }
    if let type = request.headers[.contentType], !type.lowercased().contains("json") {
      throw APIError(
        status: .unsupportedMediaType, kind: .validation,
        message: "the body is JSON: send Content-Type: application/json")
    }
    let tooLarge = APIError.tooLong("the body is larger than \(service.maxBody) bytes")
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > service.maxBody {
      throw tooLarge
    }
    let body: ByteBuffer
    do {
      body = try await request.body.collect(upTo: service.maxBody)
    } catch is NIOTooManyBytesError {
      throw tooLarge
    }
    return try await route.handler(service, body)
  }

  private func checkKey(_ request: Request) throws {
    guard !service.apiKeys.isEmpty else { return }
    let header = request.headers[.authorization] ?? ""
    let key = header.lowercased().hasPrefix("bearer ") ? String(header.dropFirst(7)) : ""
    // Each key is compared to its end, so that the time tells nothing of where they differ.
    let matches = service.apiKeys.map { isEqual(Array($0.utf8), Array(key.utf8)) }
    guard matches.contains(true) else {
      throw APIError(
        status: .unauthorized, kind: .validation,
        message: "an API key is needed: send Authorization: Bearer KEY",
        headers: [.wwwAuthenticate: "Bearer"])
    }
  }

  private func isEqual(_ key: [UInt8], _ other: [UInt8]) -> Bool {
    var difference = key.count ^ other.count
    for index in key.indices {
      difference |= Int(key[index] ^ (index < other.count ? other[index] : 0))
    }
    return difference == 0
  }

  private func described(_ error: any Error, _ context: Context) -> APIError {
    switch error {
    case let error as APIError: return error
    case is CallExpired:
      let seconds = service.requestTimeout.map { $0 / .seconds(1) } ?? 0
      return APIError(
        status: .serviceUnavailable, kind: .overloaded,
        message: "there was no answer within \(seconds.formatted()) seconds; try again later",
        headers: [.retryAfter: "1"])
    case is CancellationError:
      return APIError(
        status: .serviceUnavailable, kind: .unhealthy, message: "the server is stopping")
    default:
      context.logger.error("failure", metadata: ["error": "\(error)"])
      return APIError(
        status: .internalServerError, kind: .backend, message: "the request could not be read")
    }
  }

  private func allowed(_ origin: String) -> String? {
    service.allowedOrigins.contains("*")
      ? "*" : service.allowedOrigins.first { $0 == origin }
  }

  private func preflight(_ request: Request, _ path: String) -> Response? {
    guard let origin = request.headers[.origin], allowed(origin) != nil,
      let routes = Service.routes[path]
    else { return nil }
    return Response(
      status: .noContent,
      headers: [
        .accessControlAllowMethods: routes.map { $0.method.rawValue }.joined(separator: ", "),
        .accessControlAllowHeaders: "Authorization, Content-Type", .accessControlMaxAge: "600",
      ])
  }
}

extension HTTPField.Name {
  static let totalTime = Self("x-total-time")!
  static let tokenizationTime = Self("x-tokenization-time")!
  static let queueTime = Self("x-queue-time")!
  static let inferenceTime = Self("x-inference-time")!
  static let computeCharacters = Self("x-compute-characters")!
  static let computeTokens = Self("x-compute-tokens")!
  static let requestID = Self("x-request-id")!
}
