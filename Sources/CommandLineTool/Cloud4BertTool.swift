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
      pytorch_model.bin) of BERT, DistilBERT, RoBERTa, XLM-RoBERTa and CamemBERT, and comes with a \
      model for the sentiment of developers' posts.

        cloud4bert classify "Thanks a lot, that fixed it!"
        cloud4bert classify --input posts.csv --output labelled.csv
        zcat posts.jsonl.gz | cloud4bert classify --input - | jq .label

      Results go to standard output or --output, all else to standard error. Exit codes: 0 done, \
      1 failed (also where an option does not suit the model or the file), 2 wrong usage whatever \
      these hold, 130 stopped by Ctrl-C, 141 where the reader of a pipe has gone.
      """,
    version: Cloud4BertVersion.current,
    subcommands: [
      ClassifyCommand.self, EvaluateCommand.self, EmbedCommand.self, FitCommand.self,
      TrainCommand.self, DistilCommand.self, FillMaskCommand.self, NextSentenceCommand.self,
      RerankCommand.self,
      TokenizeCommand.self, ServeCommand.self, InfoCommand.self, PullCommand.self,
      BenchCommand.self,
      MeasureCommand.self,
    ])
}

@main
enum Main {
  static func main() async {
    // A reader that goes away ends the program by our hand, with the output whole up to there.
    signal(SIGPIPE, SIG_IGN)
    let arguments = ProgramArguments.all
    if let mistake = UsageMistake.ofCommand(in: arguments) {
      refuse("\(mistake)", usageOf: mistake.command)
    }
    do {
      var command = try Cloud4BertTool.parseAsRoot(arguments)
      try ThreadProbe.checkRoom()
      try ThreadProbe.check()
      do {
        if var asynchronous = command as? any AsyncParsableCommand {
          try await asynchronous.run()
        } else {
          try command.run()
        }
      } catch let error as ValidationError {
        refuse(error.message, usageOf: type(of: command))
      }
      try flush()
    } catch {
      finish(with: error, arguments)
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
  private static func finish(with error: any Error, _ arguments: [String]) -> Never {
    if let code = error as? ExitCode { exit(code.rawValue) }
    if isOfClosedPipe(error) { endByClosedPipe() }
    let code = Cloud4BertTool.exitCode(for: error)
    if code == .success {
      print(Cloud4BertTool.fullMessage(for: error))
      do { try flush() } catch { finish(with: error, arguments) }
      exit(0)
    }
    if code == .validationFailure {
      if let mistake = UsageMistake.ofArguments(arguments) {
        refuse("\(mistake)", usageOf: mistake.command)
      }
      StandardError.write(Cloud4BertTool.fullMessage(for: error) + "\n")
      exit(2)
    }
    StandardError.fault(OptionRemedy.message(of: error))
    // Without its last words: where memory is short, OpenBLAS's threads do not end when asked to.
    if error is ThreadProbe.NoThreads || error is ThreadProbe.NoRoom { _exit(1) }
    exit(1)
  }

  /// Ends the program for wrong usage of a command.
  private static func refuse(_ message: String, usageOf command: any ParsableCommand.Type) -> Never
  {
    let name = command.configuration.commandName.map { " \($0)" } ?? ""
    let isRoot = command == Cloud4BertTool.self
    StandardError.write(
      """
      Error: \(message)
      Usage: \(Cloud4BertTool.usageString(for: command))
        See 'cloud4bert\(isRoot ? "" : name) --help' for more information.

      """)
    exit(2)
  }

  /// Whether the reader of an output has gone, as `head` goes when it has its lines.
  private static func isOfClosedPipe(_ error: any Error) -> Bool {
    switch error {
    case RecordError.cannotWrite(_, EPIPE, _): true
    case let error as JobError: isOfClosedPipe(error.cause)
    case let error as RowError: isOfClosedPipe(error.cause)
    default: false
    }
  }

  /// Ends as every program does whose reader has gone: silently, by SIGPIPE, which a shell shows as 141.
  private static func endByClosedPipe() -> Never {
    signal(SIGPIPE, SIG_DFL)
    raise(SIGPIPE)
    exit(128 + SIGPIPE)
  }
}
