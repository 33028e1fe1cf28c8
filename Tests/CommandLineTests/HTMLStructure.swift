/// The elements of a page.
struct HTMLStructure {
  /// Whether every element that opens closes, in order, but for the void ones, and no id is there twice.
  let isWellFormed: Bool

  init(_ html: String) {
    var open: [Substring] = []
    var isInOrder = true
    for tag in html.matches(of: /<(\/?)([a-z0-9]+)[^>]*?(\/?)>/) where tag.3.isEmpty {
      if tag.2 == "meta" || tag.2 == "br" { continue }
      if tag.1.isEmpty {
        open.append(tag.2)
      } else if open.popLast() != tag.2 {
        isInOrder = false
      }
    }
    let ids = html.matches(of: /\sid="([^"]*)"/).map(\.1)
    isWellFormed = isInOrder && open.isEmpty && Set(ids).count == ids.count
  }
}
