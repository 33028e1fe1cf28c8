import ArgumentParser
import Records

/// Where rows go and in what form, for the commands that add to rows of texts.
struct OutputOptions: ParsableArguments {
  @OptionGroup var file: OutputFileOptions

  var output: String { file.output }

  @Option(
    help: ArgumentHelp(
      "The output's format: txt, csv, tsv or jsonl.",
      discussion: "Without it, what the output's extension tells, or else that of the input."))
  var outputFormat: RecordFormat?

  @Flag(help: "Print JSON lines, as --output-format jsonl does.")
  var json = false

  func validate() throws {
    if json, let outputFormat, outputFormat != .jsonl {
      throw ValidationError("give either --json or --output-format \(outputFormat.rawValue)")
    }
    if format == nil, let ending = Self.foreignEnding(of: output) {
      throw ValidationError(
        "\(output): .\(ending) is no format that is written: name the file .txt, .csv, .tsv or "
          + ".jsonl, or give --output-format")
    }
  }

  /// The format that is asked for; nil to go by the input's.
  var format: RecordFormat? { format(of: output) }

  private func format(of output: String) -> RecordFormat? {
    outputFormat ?? (json ? .jsonl : RecordFormat(path: output))
  }

  /// What the output of a part of a job is called.
  func name(of part: InputPart) -> String {
    (outputFormat ?? (json ? .jsonl : nil)).map { part.name(as: $0.rawValue) } ?? part.name
  }

  /// The layout of an output that holds what the rows of `input` do.
  ///
  /// - Throws: ``NoConversion`` from objects to a table; `RecordError` from a table with two columns of
  ///   one name to objects.
  func layout(of input: RecordLayout, file: String, to output: String) throws -> RecordLayout {
    guard let format = format(of: output), format != input.format else { return input }
    switch (input.format, format) {
    case (_, .jsonl): return try input.asObjects(of: file)
    case (_, .txt): return RecordLayout(format: .txt)
    case (.jsonl, _): throw NoConversion(file: file, output: output, format: format)
    case (.txt, _): return RecordLayout(format: format, columns: ["text"])
    default:
      return RecordLayout(
        format: format, columns: input.columns, lineEnding: input.lineEnding,
        hasByteOrderMark: input.hasByteOrderMark)
    }
  }

  /// The layout of texts that came as arguments.
  var layoutOfArguments: RecordLayout {
    switch format ?? .txt {
    case .txt: RecordLayout(format: .txt)
    case let format: RecordLayout(format: format, columns: ["text"])
    }
  }

  /// An ending that promises what is not written: an archive, a table of another kind, a page.
  private static func foreignEnding(of path: String) -> String? {
    let path = Compression.stem(of: path)
    guard let dot = path.lastIndex(of: ".") else { return nil }
    let ending = path[path.index(after: dot)...].lowercased()
    let foreign: Set = [
      "xz", "bz2", "zip", "parquet", "arrow", "feather", "xlsx", "xls", "ods", "npy",
      "safetensors", "html", "xml", "yaml",
    ]
    return foreign.contains(ending) ? ending : nil
  }

  struct NoConversion: Error, CustomStringConvertible {
    let file: String
    let output: String
    let format: RecordFormat

    var description: String {
      """
      \(file) holds JSON objects, whose fields may differ from row to row, so they do not become \
      \(format.rawValue); write JSON lines\(output == "-" ? "" : " to a file that ends in .jsonl"), \
      or txt for the results and the text alone
      """
    }
  }
}
