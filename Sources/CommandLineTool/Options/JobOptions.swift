import ArgumentParser
import Cloud4Bert
import Records

/// `--resume`, for the commands that write a row of output for each row of a file.
struct JobOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Go on with a job whose process died, behind the last row that is safe on the disk.",
      discussion: """
        The output comes out as if nothing had happened. Needs the same input, which may have grown at \
        its end, model and options; without a job to go on with it begins at the first row.
        """))
  var resume = false

  /// - Throws: `ValidationError` where there would be nothing to go on with.
  func check(_ source: TextSource, output: String) throws {
    if case .files = source, output == "-" {
      throw ValidationError("several files go to a folder: give --output")
    }
    guard resume else { return }
    if case .arguments = source {
      throw ValidationError("--resume is for the rows of a file: give --input")
    }
    if case .files = source { return }
    if InputPart.isFolder(output) { return }
    guard output != "-" else {
      throw ValidationError("--resume goes on with a file: give --output")
    }
    guard JobJournal.canHaveJournal(output) else {
      throw ValidationError("--resume goes on with a file, and \(output) is none")
    }
  }
}

// What rows depend on, for the journal of a job.

extension InputOptions {
  func settings(of reader: RecordReader) -> [(name: String, value: String?)] {
    [
      ("--format", reader.format.rawValue),
      ("--text-column", textTemplate == nil ? textColumn : nil),
      ("--text-template", textTemplate?.source),
      ("--pair-column", pairColumn), ("--delimiter", delimiter?.text),
      ("--no-quotes", noQuotes ? "on" : nil),
    ]
  }
}

extension BatchOptions {
  var settings: [(name: String, value: String?)] {
    let precision = precision.precision ?? .automatic
    let products = products.products ?? .automatic
    return [
      ("--max-length", sizes.maxLength.map(String.init)), ("--precision", "\(precision)"),
      ("--products", precision == .float32 ? "\(products)" : nil),
    ]
  }
}

extension OverflowOptions {
  var settings: [(name: String, value: String?)] {
    guard overflow == .window else { return [] }
    return [("--overflow", overflow.rawValue), ("--stride", stride.map(String.init))]
  }
}
