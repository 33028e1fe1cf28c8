/// Options that environment variables give: `--max-body` by `CLOUD4BERT_MAX_BODY`. What stands on the
/// command line beats them.
enum EnvironmentOptions {
  private static let names = [
    "model", "host", "port", "unix-socket", "precision", "threads", "max-length", "api-key",
    "max-concurrent-requests", "max-queue-tokens", "max-client-batch-size", "max-body",
    "client-timeout", "request-timeout", "grace-time", "cors-allow-origin", "tls-certificate",
    "tls-key", "log-format",
  ]
  private static let flags = ["log-requests"]

  static func arguments(_ arguments: [String], environment: [String: String]) -> [String] {
    var added: [String] = []
    for name in names + flags {
      let variable = "CLOUD4BERT_" + name.uppercased().replacing("-", with: "_")
      let isGiven = arguments.contains {
        $0 == "--\(name)" || $0.hasPrefix("--\(name)=")
          || (name == "model" && ($0 == "-m" || $0.hasPrefix("-m=")))
      }
      guard !isGiven, let value = environment[variable], !value.isEmpty else { continue }
      if flags.contains(name) {
        if value != "0" { added.append("--\(name)") }
      } else {
        added.append("--\(name)=\(value)")
      }
    }
    return arguments + added
  }
}
