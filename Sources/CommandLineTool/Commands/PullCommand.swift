import ArgumentParser
import HuggingFaceHub

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `cloud4bert pull`
struct PullCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull",
    abstract: "Fetch models from the Hugging Face Hub.",
    discussion: """
      Prints the folder of each model. Only what is needed is fetched: config.json, the tokenizer's \
      files, and the weights, safetensors if there are any. What Python has fetched already is used \
      as it is, and transformers finds what is fetched here.

        cloud4bert pull ultraleow/cloud4bert
        cloud4bert pull bert-base-uncased google-bert/bert-base-cased@main
        cloud4bert pull ultraleow/cloud4bert --revision v1.0

      Names can be given to --model too; fetching them beforehand allows to work offline. A fetch \
      that was cut short goes on where it stopped.

      Environment: HF_TOKEN (for private and gated models), HF_HOME or HF_HUB_CACHE (the cache), \
      HF_ENDPOINT (a mirror), HF_HUB_OFFLINE=1 (only look into the cache).
      """)

  @Argument(
    help: ArgumentHelp(
      "Models to fetch: organisation/name, or organisation/name@revision.", valueName: "model"))
  var models: [String]

  @Option(
    help: ArgumentHelp("A branch, tag or commit, for all models given.", valueName: "revision"))
  var revision: String?

  @OptionGroup var verbosity: VerbosityOptions

  func run() async throws {
    let references = try models.map { name in
      guard
        let model = try ModelReference(name, revision: revision)
          ?? ModelReference(address: name, revision: revision)
      else {
        throw ValidationError("\(HubError.notAModelName(revision.map { "\(name)@\($0)" } ?? name))")
      }
      return model
    }
    for model in references { print(try await model.fetch().path) }
  }
}

extension ModelReference {
  /// The model's folder, fetched where it must be, with a progress line and a word about an answer
  /// that is not the newest.
  func fetch() async throws -> URL {
    var settings = HubSettings()
    let line = DownloadLine(isShown: settings.showsProgress)
    // Gone before anything else is said, be it an error.
    defer { line.finish() }
    settings.onWait = { refusal, wait in
      line.finish()
      guard case .tooManyRequests(let host, _, _) = refusal else { return }
      StandardError.line(
        "\(host) refuses more requests for now; waiting \(wait.components.seconds) s as it asks")
    }
    let snapshot = try await ModelHub(settings: settings).snapshot(of: self) { line.update($0) }
    line.finish()
    if let reason = snapshot.staleBecause {
      StandardError.line("using \(self) as it was when last fetched, because: \(reason)")
    }
    return snapshot.folder
  }
}
