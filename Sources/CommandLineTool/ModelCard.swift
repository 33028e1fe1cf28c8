/// The README.md of a classifier that was made here: what it was made from, how, and how good it is.
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

  var text: String {
    let frontMatter = [
      "---", "library_name: transformers", "pipeline_tag: text-classification",
      "tags: [cloud4bert]", "---", "",
    ]
    let data =
      ["## Data", "", "\(source):", ""]
      + Self.table(
        ["label"] + countNames,
        labels.map { [Self.cell($0.name)] + $0.counts.map(String.init) })
    let use = [
      "## Use", "", "```", "cloud4bert classify --model THIS_FOLDER \"A text\"", "```", "",
      "In Python, `transformers.pipeline(\"text-classification\", THIS_FOLDER)`.",
    ]
    let lines: [String] =
      frontMatter + ["# \(title)", "", introduction, ""] + data + [""]
      + ["## Settings", ""] + settings.map { "- \($0)" } + [""]
      + ["## Figures", ""] + figures + [""] + use
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
