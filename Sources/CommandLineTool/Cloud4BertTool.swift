import ArgumentParser
import Cloud4Bert
import Records

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The root command: one file a subcommand.
struct Cloud4BertTool: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cloud4bert",
    abstract: "Classify texts with BERT on plain CPUs.",
    discussion: """
      Works on Hugging Face model folders (config.json, tokenizer files, model.safetensors or \
      pytorch_model.bin) of BERT and DistilBERT, and comes with a model for the sentiment of \
      developers' posts.

        cloud4bert classify "Thanks a lot, that fixed it!"
        cloud4bert classify --input posts.csv --output labelled.csv
        zcat posts.jsonl.gz | cloud4bert classify --input - | jq .label

      Results go to standard output or --output, all else to standard error. Exit codes: 0 done, \
      1 failed, 2 wrong usage, 130 stopped by Ctrl-C.
      """,
    version: Cloud4BertVersion.current,
    subcommands: [
      ClassifyCommand.self, EvaluateCommand.self, EmbedCommand.self, FitCommand.self,
      TrainCommand.self, DistilCommand.self, FillMaskCommand.self, NextSentenceCommand.self,
      TokenizeCommand.self, InfoCommand.self, PullCommand.self, BenchCommand.self,
      MeasureCommand.self,
    ])
}

@main
enum Main {
  static func main() async {
    // A reader that goes away is an error with a message, not a silent end.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try Cloud4BertTool.parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      try flush()
    } catch {
      finish(with: error)
    }
  }

  /// What was printed waits in a buffer, and the disk may have no room for it.
  private static func flush() throws(RecordError) {
    guard fflush(nil) == 0 else {
      throw .cannotWrite(file: "standard output", code: errno, rowsWritten: 0)
    }
  }

  /// Ends the program as the error asks: help and version go to standard output with 0, wrong usage
  /// is 2, and everything else is one line and 1.
  private static func finish(with error: any Error) -> Never {
    if let code = error as? ExitCode { exit(code.rawValue) }
    let code = Cloud4BertTool.exitCode(for: error)
    if code == .success {
      print(Cloud4BertTool.fullMessage(for: error))
      do { try flush() } catch { finish(with: error) }
      exit(0)
    }
    if code == .validationFailure {
      StandardError.write(Cloud4BertTool.fullMessage(for: error) + "\n")
      exit(2)
    }
    StandardError.line("\(error)")
    exit(1)
  }
}
