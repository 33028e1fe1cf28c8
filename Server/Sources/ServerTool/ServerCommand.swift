import ArgumentParser
import Cloud4Bert
import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle

/// A server of one model; every option is also an environment variable (`CLOUD4BERT_PORT`, …).
@main
struct ServerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cloud4bert-server",
    abstract: "Serve a model over HTTP to clients of other servers, unchanged.",
    discussion: """
      Speaks text-embeddings-inference (/predict, /embed, /rerank, /tokenize, /info, /health, \
      /metrics), the Hugging Face Hub's inference (POST /) and OpenAI's embeddings \
      (/v1/embeddings, /v1/models). A page to try the model is at /.

        cloud4bert-server --port 8080
        curl localhost:8080/predict -d '{"inputs": "Thanks a lot!"}' -H 'Content-Type: application/json'

      Each option can also be given by an environment variable: --max-body is CLOUD4BERT_MAX_BODY.
      """,
    version: Cloud4BertVersion.current)

  enum LogFormat: String, ExpressibleByArgument, CaseIterable { case text, json }

  @Option(name: [.short, .long], help: "A model folder or a name on the Hugging Face Hub.")
  var model: String?
  @Option(help: "The address to listen on.")
  var host = "127.0.0.1"
  @Option(help: "The port to listen on; 0 for any that is free.")
  var port = 8080
  @Option(help: "Listen on a Unix socket of this path in place of a port.")
  var unixSocket: String?
  @Option(
    help: ArgumentHelp(
      "What the large products are computed in: float32, bf16x3, bfloat16 or int8.",
      valueName: "precision"),
    transform: { text in
      guard let precision = Precision(rawValue: text) else {
        throw ValidationError("give \(Precision.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      return precision
    })
  var precision: Precision?
  @Option(help: "Threads; without it as many as the process may use.")
  var threads: Int?
  @Option(help: "The longest text in tokens.")
  var maxLength: Int?
  @Option(
    help: """
      A key that clients must send; several by commas. Better by CLOUD4BERT_API_KEY, which others do \
      not see.
      """)
  var apiKey: String?
  @Option(help: "Requests under way at once; more are refused with 429.")
  var maxConcurrentRequests = 512
  @Option(help: "Tokens under way at once, by estimate; more are refused with 429.")
  var maxQueueTokens = 1 << 20
  @Option(help: "Texts in one request.")
  var maxClientBatchSize = 1024
  @Option(help: "The largest body in bytes.")
  var maxBody = 2 << 20
  @Option(help: "Seconds that a client has to send a request, and between two.")
  var clientTimeout = 60
  @Option(
    help: """
      Seconds that a request may take: one that takes longer leaves the queue, and is answered with 503; \
      0 for any time.
      """)
  var requestTimeout = 120
  @Option(help: "Seconds that requests under way have to end once the server is stopped.")
  var graceTime = 30
  @Option(help: "An origin whose pages may ask, or *; several by commas.")
  var corsAllowOrigin: String?
  @Option(help: "A file of certificates (PEM), for HTTPS.")
  var tlsCertificate: String?
  @Option(help: "The file of its private key (PEM).")
  var tlsKey: String?
  @Option(help: "Log lines as text or json.")
  var logFormat = LogFormat.text
  @Flag(help: "Log a line for each request.")
  var logRequests = false

  mutating func validate() throws {
    guard (0...65535).contains(port) else { throw ValidationError("--port is from 0 to 65535") }
    guard (tlsCertificate == nil) == (tlsKey == nil) else {
      throw ValidationError("--tls-certificate and --tls-key go together")
    }
    for (name, value) in [
      ("--max-concurrent-requests", maxConcurrentRequests), ("--max-queue-tokens", maxQueueTokens),
      ("--max-client-batch-size", maxClientBatchSize), ("--max-body", maxBody),
      ("--client-timeout", clientTimeout),
    ] where value < 1 {
      throw ValidationError("\(name) must be at least 1")
    }
    guard requestTimeout >= 0 else {
      throw ValidationError("--request-timeout must be at least 0")
    }
    guard graceTime >= 0 else { throw ValidationError("--grace-time must be at least 0") }
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1") }
  }

  static func main() async {
    let arguments = EnvironmentOptions.arguments(
      Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment)
    do {
      let command = try parseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        var command = command
        try command.run()
      }
    } catch {
      exit(withError: error)
    }
  }

  mutating func run() async throws {
    var logger = Logger(label: "cloud4bert") { [logFormat] _ in LineLog(isJSON: logFormat == .json)
    }
    logger.logLevel = .info
    let served = try await open()
    let service = Service(
      model: served,
      admission: Admission(
        limits: .init(
          requests: maxConcurrentRequests, tokens: maxQueueTokens, texts: maxClientBatchSize)),
      metrics: Metrics(), apiKeys: Self.list(apiKey), allowedOrigins: Self.list(corsAllowOrigin),
      maxBody: maxBody,
      requestTimeout: requestTimeout > 0 ? .seconds(requestTimeout) : nil)
    let name = served.name
    let (host, isTLS, socket) = (host, tlsCertificate != nil, unixSocket)
    // Hummingbird and its libraries tell of each connection that breaks; that is no fault of theirs.
    let log = logger
    var quiet = logger
    quiet.logLevel = .error
    let application = Application(
      responder: Responder(service: service, logsRequests: logRequests),
      server: try server(),
      configuration: .init(
        address: socket.map { .unixDomainSocket(path: $0) } ?? .hostname(host, port: port),
        backlog: 1024),
      onServerRunning: { channel in
        let place =
          socket.map { "unix:\($0)" }
          ?? "\(isTLS ? "https" : "http")://\(host):\(channel.localAddress?.port ?? 0)"
        log.info("serving", metadata: ["address": "\(place)", "model": "\(name)"])
      },
      logger: logRequests ? log : quiet)
    var configuration = ServiceGroupConfiguration(
      services: [application], gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
    configuration.maximumGracefulShutdownDuration = .seconds(graceTime)
    try await ServiceGroup(configuration: configuration).run()
  }

  private func open() async throws -> ServedModel {
    let options = ServedModel.Options(
      threads: threads, precision: precision, maxLength: maxLength)
    guard let model else {
      return try ServedModel(
        name: "cloud4bert", folder: TextClassifier.defaultModelFolder(), options: options)
    }
    let hub = ModelHub()
    let folder = try await hub.folder(
      of: ModelLocation(model, endpoint: hub.settings.endpoint), onProgress: { _ in })
    return try ServedModel(name: model, folder: folder, options: options)
  }

  private func server() throws -> HTTPServerBuilder {
    let limit = TimeAmount.seconds(Int64(clientTimeout))
    let http = HTTPServerBuilder.http1(
      configuration: .init(additionalChannelHandlers: [Patience(limit: limit)]))
    guard let tlsCertificate, let tlsKey else { return http }
    let certificates = try NIOSSLCertificate.fromPEMFile(tlsCertificate)
    let configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: certificates.map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(file: tlsKey, format: .pem)))
    return try .tls(http, tlsConfiguration: configuration)
  }

  private static func list(_ text: String?) -> [String] {
    text?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } ?? []
  }
}
