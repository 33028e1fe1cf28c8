public import ArgumentParser
import Files
public import Records

extension RecordFormat: ExpressibleByArgument {}

extension Delimiter: ExpressibleByArgument {
  /// The character itself, or the name of one that a shell makes hard to give.
  public init?(argument: String) {
    switch argument.lowercased() {
    case "\\t", "tab": self = .tab
    case "comma": self = .comma
    case "semicolon": self = .semicolon
    case "pipe": self = .pipe
    case "space": self.init(" ")
    default:
      guard argument.unicodeScalars.count == 1, let scalar = argument.unicodeScalars.first else {
        return nil
      }
      self.init(scalar)
    }
  }
}

/// `--format`: `auto` goes by the file's extension, then by its first line.
enum FormatChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, txt, csv, tsv, jsonl

  var format: RecordFormat? { RecordFormat(rawValue: rawValue) }
}

extension TextTemplate {
  /// - Throws: `ValidationError`, whose words go behind the option's name.
  fileprivate init(argument: String) throws {
    do {
      try self.init(argument)
    } catch {
      throw ValidationError("\(quoted(argument)) \(error.description)")
    }
  }
}

/// How a file of texts is read, for every command that reads one.
struct InputOptions: ParsableArguments {
  @Option(
    name: [.customShort("i"), .customLong("input")],
    help: ArgumentHelp(
      "The file of texts; - is standard input.",
      discussion: """
        For classify, embed, fill-mask, next-sentence and tokenize also a folder of files, or several \
        of these options: then --output is a folder.
        """, valueName: "file"),
    completion: .file())
  var inputs: [String] = []

  /// The one file of a command that takes no more.
  var input: String? { inputs.first }

  @Option(
    help: ArgumentHelp(
      "The input's format: auto, txt (a text a line), csv, tsv or jsonl.",
      discussion: "auto goes by the file's extension, else by its first line."))
  var format: FormatChoice = .auto

  @Option(
    name: .customLong("text-column"),
    help: ArgumentHelp(
      "The column or field that holds the text. (default: text)", valueName: "name"))
  private var givenTextColumn: String?

  var textColumn: String { givenTextColumn ?? "text" }

  @Option(
    help: ArgumentHelp(
      "Make the text of several columns or fields, such as \"{title}. {body}\".",
      discussion: "{{ and }} are the braces themselves.", valueName: "template"),
    transform: TextTemplate.init(argument:))
  var textTemplate: TextTemplate?

  @Option(
    help: ArgumentHelp(
      "The column or field of the second text, for models of text pairs.", valueName: "name"))
  var pairColumn: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What separates the fields of CSV and TSV: a character, tab or space.",
      discussion: "Without it, what the header shows: comma, semicolon, tab or |.",
      valueName: "character"))
  var delimiter: Delimiter?

  @Flag(
    help: "In CSV and TSV take quotes as characters like any other, and every line as a row.")
  var noQuotes = false

  func validate() throws {
    if textTemplate != nil, givenTextColumn != nil {
      throw ValidationError("give either --text-column or --text-template")
    }
    guard let delimiter else { return }
    if format == .txt || format == .jsonl {
      throw ValidationError("--delimiter is for csv and tsv, and --format is \(format.rawValue)")
    }
    if delimiter.text == " ", noQuotes {
      throw ValidationError("--delimiter space needs quotes around texts: leave --no-quotes out")
    }
  }

  /// For the commands that take the texts of one file.
  ///
  /// - Throws: `ValidationError` where there are more.
  func checkOneInput() throws {
    guard inputs.count > 1 else { return }
    throw ValidationError("give one --input, not \(inputs.joined(separator: " and "))")
  }

  /// - Throws: `ValidationError` where two of the columns are the same.
  func checkColumns(labelColumn: String? = nil) throws {
    if let textTemplate {
      for (option, column) in [("--pair-column", pairColumn), ("--label-column", labelColumn)] {
        guard let column, textTemplate.columns.contains(column) else { continue }
        throw ValidationError("--text-template and \(option) must name different columns")
      }
    }
    let text = textTemplate == nil ? [textColumn] : []
    let columns = text + [pairColumn, labelColumn].compactMap { $0 }
    guard Set(columns).count == columns.count else {
      let options =
        labelColumn == nil
        ? "--text-column and --pair-column" : "--text-column, --pair-column and --label-column"
      throw ValidationError("\(options) must name different columns")
    }
  }

  func reader(
    of path: String, requiredColumns: [String] = [], requiredMayBeMissing: Bool = false,
    textMayBeMissing: Bool = false
  ) throws -> RecordReader {
    var format = format.format
    if format == nil, delimiter != nil, let known = RecordFormat(path: path) {
      guard known != .jsonl else {
        throw ValidationError("--delimiter is for csv and tsv, and \(path) is JSON lines")
      }
      format = known == .txt ? .csv : known
    }
    let reader = try RecordReader(
      path: path, format: format, textColumn: textColumn,
      textTemplate: textTemplate, textMayBeMissing: textMayBeMissing && givenTextColumn == nil,
      pairColumn: pairColumn, requiredColumns: requiredColumns,
      requiredMayBeMissing: requiredMayBeMissing, readsQuotes: !noQuotes, delimiter: delimiter,
      isTextColumnNamed: givenTextColumn != nil)
    if let givenTextColumn, reader.format == .txt {
      throw RecordError.noColumns(name: givenTextColumn, file: reader.name)
    }
    return reader
  }
}

/// Where the labels of texts are, for commands that may leave out rows without one.
struct LabelOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The column or field that holds the true label.", valueName: "name"))
  var labelColumn = LabelColumn.usualName

  @Flag(help: "Leave rows without a label out, and tell how many there were.")
  var skipUnlabelled = false
}

/// How several labels stand in one field, for commands of models that give a text any number.
struct SeparatorOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What stands between the labels of a text that has several. (default: ;)",
      discussion: "A JSON array of labels needs none.", valueName: "text"))
  var labelSeparator: String?

  var separator: String { labelSeparator ?? LabelField.usualSeparator }

  func validate() throws {
    if labelSeparator == "" { throw ValidationError("--label-separator must not be empty") }
  }
}
