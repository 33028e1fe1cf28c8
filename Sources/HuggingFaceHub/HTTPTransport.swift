import Foundation
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Takes what comes back of one request, piece by piece. Called by one thread at a time.
protocol ResponseBody: Sendable {
  /// The headers are there. Throwing here or below ends the exchange.
  func begin(_ response: HTTPURLResponse) throws
  func append(_ data: Data) throws
}

/// Sends requests. Redirects are answers like any other: who follows them decides what the next
/// server is told.
final class HTTPTransport: Sendable {
  private let session: URLSession
  private let exchanges = Exchanges()

  init() {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.urlCache = nil
    configuration.httpCookieStorage = nil
    configuration.httpShouldSetCookies = false
    let queue = OperationQueue()
    queue.maxConcurrentOperationCount = 1
    session = URLSession(configuration: configuration, delegate: exchanges, delegateQueue: queue)
  }

  deinit {
    // The session holds on to its delegate until then.
    session.invalidateAndCancel()
  }

  /// Returns the headers, once all of the body has gone to `body`.
  ///
  /// - Parameter timeout: How long the server may stay silent.
  /// - Throws: `URLError`, what `body` throws, or `CancellationError`.
  func send(
    _ request: URLRequest, timeout: Duration, to body: any ResponseBody
  ) async throws -> HTTPURLResponse {
    var request = request
    request.timeoutInterval = TimeInterval(timeout.components.seconds)
    let task = session.dataTask(with: request)
    do {
      return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { continuation in
          exchanges.begin(task, body: body, continuation: continuation)
          task.resume()
        }
      } onCancel: {
        task.cancel()
      }
    } catch {
      try Task.checkCancellation()
      throw error
    }
  }
}

/// What runs, by the numbers of its tasks.
private final class Exchanges: NSObject, URLSessionDataDelegate, Sendable {
  private struct Exchange {
    let body: any ResponseBody
    let continuation: CheckedContinuation<HTTPURLResponse, any Error>
    var response: HTTPURLResponse?
    var error: (any Error)?
  }

  private let running = Mutex<[Int: Exchange]>([:])

  func begin(
    _ task: URLSessionTask, body: any ResponseBody,
    continuation: CheckedContinuation<HTTPURLResponse, any Error>
  ) {
    running.withLock {
      $0[task.taskIdentifier] = Exchange(body: body, continuation: continuation)
    }
  }

  /// Whether the exchange goes on.
  private func begin(_ response: URLResponse, of task: URLSessionTask) -> Bool {
    guard let response = response as? HTTPURLResponse,
      let body = running.withLock({ running in
        running[task.taskIdentifier]?.response = response
        return running[task.taskIdentifier]?.body
      })
    else { return false }
    return attempt(task) { try body.begin(response) }
  }

  private func attempt(_ task: URLSessionTask, _ step: () throws -> Void) -> Bool {
    do {
      try step()
      return true
    } catch {
      running.withLock { $0[task.taskIdentifier]?.error = error }
      return false
    }
  }

  func urlSession(
    _: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest _: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
  ) {
    _ = begin(response, of: task)
    completionHandler(nil)
  }

  func urlSession(
    _: URLSession, dataTask task: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
  ) {
    completionHandler(begin(response, of: task) ? .allow : .cancel)
  }

  func urlSession(_: URLSession, dataTask task: URLSessionDataTask, didReceive data: Data) {
    guard
      let exchange = running.withLock({ $0[task.taskIdentifier] }), exchange.error == nil
    else { return }
    if !attempt(task, { try exchange.body.append(data) }) { task.cancel() }
  }

  func urlSession(
    _: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
  ) {
    guard
      let exchange = running.withLock({ $0.removeValue(forKey: task.taskIdentifier) })
    else { return }
    if let error = exchange.error ?? error {
      exchange.continuation.resume(throwing: error)
    } else if let response = exchange.response {
      exchange.continuation.resume(returning: response)
    } else {
      exchange.continuation.resume(throwing: URLError(.badServerResponse))
    }
  }
}
