/// Where the sequences and the special tokens stand, and their token type ids (`TemplateProcessing`
/// and `BertProcessing` of Hugging Face `tokenizers`).
struct Template: Equatable, Sendable {
  enum Piece: Equatable, Sendable {
    case special(ids: [Int32], typeID: UInt8)
    case first(typeID: UInt8)
    case second(typeID: UInt8)
  }

  var single: [Piece]
  var pair: [Piece]

  /// The sequences and nothing else.
  static let plain = Template(
    single: [.first(typeID: 0)], pair: [.first(typeID: 0), .second(typeID: 1)])

  /// `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]`.
  static func bert(classifier: Int, separator: Int) -> Template {
    let separator = [Int32(truncatingIfNeeded: separator)]
    let single: [Piece] = [
      .special(ids: [Int32(truncatingIfNeeded: classifier)], typeID: 0), .first(typeID: 0),
      .special(ids: separator, typeID: 0),
    ]
    return Template(
      single: single,
      pair: single + [.second(typeID: 1), .special(ids: separator, typeID: 1)])
  }

  /// `<s> A </s>` and `<s> A </s></s> B </s>`, all of one type.
  static func roberta(classifier: Int, separator: Int) -> Template {
    let separator = Int32(truncatingIfNeeded: separator)
    let single: [Piece] = [
      .special(ids: [Int32(truncatingIfNeeded: classifier)], typeID: 0), .first(typeID: 0),
      .special(ids: [separator], typeID: 0),
    ]
    return Template(
      single: single,
      pair: single.dropLast() + [
        .special(ids: [separator, separator], typeID: 0), .second(typeID: 0),
        .special(ids: [separator], typeID: 0),
      ])
  }

  func pieces(isPair: Bool) -> [Piece] {
    isPair ? pair : single
  }

  func specialTokenCount(isPair: Bool) -> Int {
    pieces(isPair: isPair).reduce(0) { count, piece in
      if case .special(let ids, _) = piece { count + ids.count } else { count }
    }
  }
}
