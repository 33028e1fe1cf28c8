import ArgumentParser
import Files

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// `cloud4bert serve`: the server is a program of its own, so that this one needs no web framework.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve a model over HTTP.",
    discussion: """
      Runs cloud4bert-server, which speaks text-embeddings-inference, the Hugging Face Hub's \
      inference and OpenAI's embeddings, with all arguments that follow: cloud4bert serve --help \
      tells which. It is looked for beside this program and in PATH; from a clone of the \
      repository, Scripts/run serve builds it first.

        cloud4bert serve --port 8080  # not run
        curl localhost:8080/predict -H 'Content-Type: application/json' -d '{"inputs": "Thanks!"}'
      """)

  @Argument(parsing: .captureForPassthrough, help: "Options of cloud4bert-server.")
  var arguments: [String] = []

  static let program = "cloud4bert-server"

  func run() throws {
    var words: [UnsafeMutablePointer<CChar>?] = ([Self.program] + arguments).map { strdup($0) }
    words.append(nil)
    // This process becomes the server, and signals reach it.
    if let own = FileSystem.resolved(ChildProcess.program) {
      execv("\(PathText.folder(of: own))\(Self.program)", words)
    }
    execvp(Self.program, words)
    throw NoServer()
  }

  struct NoServer: Error, CustomStringConvertible {
    var description: String {
      """
      there is no \(ServeCommand.program) beside cloud4bert or in PATH; in a clone of the repository, \
      Scripts/run serve builds and runs it
      """
    }
  }
}
