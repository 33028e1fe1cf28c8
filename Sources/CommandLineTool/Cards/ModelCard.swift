/// The README.md of a model that was made here: what it was made from, how, and how good it is.
struct ModelCard {
  let title: String
  let introduction: String
  /// Where the texts are from.
  let source: String
  /// The columns of the table of labels behind the first: what their numbers count.
  let countNames: [String]
  /// The labels in the order of their ids, each with its numbers.
  let labels: [(name: String, counts: [Int])]
  /// A line each.
  let settings: [String]
  /// Lines of Markdown.
  let figures: [String]
  /// What the model does.
  var task = Task.textClassification

  /// By the name that transformers and the Hub have for it.
  enum Task: String {
    case textClassification = "text-classification"
    case fillMask = "fill-mask"

    fileprivate var example: String {
      switch self {
      case .textClassification: "classify --model THIS_FOLDER \"A text\""
      case .fillMask: "fill-mask --model THIS_FOLDER \"A [MASK] text\""
      }
    }
  }

  var text: String {
    let frontMatter = [
      "---", "library_name: transformers", "pipeline_tag: \(task.rawValue)",
      "tags: [cloud4bert]", "---", "",
    ]
    var data = ["## Data", "", labels.isEmpty ? "\(source)." : "\(source):"]
    if !labels.isEmpty {
      let rows: [[String]] = labels.map { [Self.cell($0.name)] + $0.counts.map(String.init) }
      data.append("")
      data += Self.table(["label"] + countNames, rows)
    }
    let use = [
      "## Use", "", "```", "cloud4bert \(task.example)", "```", "",
      "In Python, `transformers.pipeline(\"\(task.rawValue)\", THIS_FOLDER)`.",
    ]
    var lines: [String] = frontMatter
    lines += ["# \(title)", "", introduction, ""]
    lines += data
    lines += ["", "## Settings", ""]
    lines += settings.map { "- \($0)" }
    lines += ["", "## Figures", ""]
    lines += figures
    lines.append("")
    lines += use
    return lines.joined(separator: "\n") + "\n"
  }

  /// Lines of a Markdown table.
  static func table(_ head: [String], _ rows: [[String]]) -> [String] {
    ([head, head.map { _ in "---" }] + rows).map { "| \($0.joined(separator: " | ")) |" }
  }

  /// A label as it may stand in a table.
  static func cell(_ label: String) -> String {
    label.split(whereSeparator: \.isNewline).joined(separator: " ").replacing("|", with: "\\|")
  }
}
