/// Pages for a web browser, and text on them.
enum HTML {
  /// A page that needs nothing else: its style is in it, and no script.
  ///
  /// - Parameter content: What stands in `main`, as HTML.
  static func page(title: String, _ content: String) -> String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>\(escaped(title))</title>
    <style>
    \(PageStyle.sheet)
    </style>
    </head>
    <body>
    <main>
    \(content)
    </main>
    </body>
    </html>

    """
  }

  /// A label's name, escaped, that a narrow column may break behind the signs in it.
  static func name(_ label: String) -> String {
    var result = ""
    for character in label {
      result += escaped(String(character))
      if "_-/.:".contains(character) { result += "<wbr>" }
    }
    return result
  }

  /// For elements and quoted attributes; control characters, which HTML has none of, become U+FFFD.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
      case _ where scalar.properties.generalCategory == .control: result += "\u{FFFD}"
      // These turn the direction of what follows, past the end of their text.
      case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
