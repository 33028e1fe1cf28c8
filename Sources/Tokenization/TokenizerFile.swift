import Files

/// The contents of a `tokenizer.json` (`Tokenizer.from_file` of Hugging Face `tokenizers`) that
/// bear on the tokens. How long a text may be, or is to be, is left to the caller of `encode`.
struct TokenizerFile {
  let file: String
  private(set) var vocabulary = Vocabulary.Builder()
  private var model: TokenizerFields
  private var rest: TokenizerFields
  private let merges: MergeList?
  /// By id, of a vocabulary that is a list; nil of another.
  private let scores: [Double]?
  /// WordPiece, WordLevel, BPE or Unigram.
  private let type: String

  init(_ bytes: [UInt8], file: String) throws(TokenizerError) {
    self.file = file
    let contents: Contents
    do {
      contents = try Contents(bytes)
    } catch {
      throw TokenizerError(JSONFieldError(file: file, error))
    }
    vocabulary.arena = contents.tokens
    merges = contents.merges
    scores = contents.scores
    for (token, id) in contents.vocabulary { try vocabulary.add(token, id: id, file: file) }
    let model = TokenizerFields(contents.model, file: file, place: "model.")
    self.model = model
    rest = TokenizerFields(contents.members, file: file)
    guard contents.hasModel else {
      throw .notATokenizer(file: file, reason: "it has no object 'model'")
    }
    type =
      try model.string("type") ?? (scores == nil ? Self.type(ofUntyped: model) : "Unigram")
    guard ["WordPiece", "WordLevel", "BPE", "Unigram"].contains(type) else {
      throw .unsupported(
        file: file,
        reason: "its model.type is \(quoted(type)), not WordPiece, WordLevel, BPE or Unigram")
    }
    guard (type == "Unigram") == (scores != nil) || self.vocabulary.count == 0 else {
      throw .malformed(
        file: file,
        reason: "its model.vocab is \(scores == nil ? "an object" : "a list"), but its model.type "
          + quoted(type))
    }
    guard self.vocabulary.count > 0 else {
      throw .notATokenizer(file: file, reason: "model.vocab is missing or empty")
    }
  }

  /// What a model without a type is by its members, as for `tokenizers`.
  private static func type(ofUntyped model: TokenizerFields) -> String {
    if model.has("merges") { return "BPE" }
    return model.has("unk_token") && !model.has("continuing_subword_prefix")
      && !model.has("max_input_chars_per_word") ? "WordLevel" : "WordPiece"
  }

  /// The model with the file's own parameters.
  func tokenModel() throws(TokenizerError) -> TokenModel {
    switch type {
    case "BPE": .bytePairs(try bytePairs(rebuilt: nil))
    case "Unigram": .unigram(try unigram())
    default: .wordPiece(try wordModel())
    }
  }

  private func wordModel() throws(TokenizerError) -> WordPiece {
    if type == "WordLevel" {
      return try WordPiece(
        wordLevel: vocabulary,
        unknownToken: model.required("unk_token", model.string("unk_token")), file: file)
    }
    return try WordPiece(
      vocabulary: vocabulary,
      unknownToken: model.required("unk_token", model.string("unk_token")),
      continuingSubwordPrefix: model.required(
        "continuing_subword_prefix", model.string("continuing_subword_prefix")),
      maxInputCharsPerWord: model.required(
        "max_input_chars_per_word", model.integer("max_input_chars_per_word")),
      file: file)
  }

  /// Whether the model is byte-pair encoding.
  var isBytePairs: Bool { type == "BPE" }

  /// Whether the model is a unigram language model.
  var isUnigram: Bool { type == "Unigram" }

  /// Unigram, with the file's own parts.
  private func unigram() throws(TokenizerError) -> Unigram {
    try Unigram(
      vocabulary: vocabulary, scores: scores ?? [], unknownID: try model.integer("unk_id"),
      fallsBackToBytes: try model.boolean("byte_fallback") ?? false,
      normalizer: UnigramNormalizer(rest.object("normalizer")),
      metaspace: Metaspace(rest.object("pre_tokenizer"), file: file), file: file)
  }

  /// Unigram, with the parts that a class builds anew around the pieces and the map of characters.
  func unigram(
    rebuilt configuration: TokenizerConfiguration
  ) throws(TokenizerError) -> Unigram {
    guard let scores else {
      let name = quoted(configuration.tokenizerClass.name ?? "")
      throw .unsupported(
        file: file, reason: "its model.type is \(quoted(type)), but \(name) reads Unigram")
    }
    // CamembertTokenizer looks for the first token of the name, XLMRobertaTokenizer says 3.
    var unknownID = 3
    if configuration.tokenizerClass.construction == .rebuiltCamembert {
      unknownID = vocabulary.firstPlace(of: configuration.name("unk_token") ?? "None") ?? 0
    }
    return try Unigram(
      vocabulary: vocabulary, scores: scores, unknownID: unknownID, fallsBackToBytes: false,
      normalizer: UnigramNormalizer(characterMapOf: rest.object("normalizer")),
      metaspace: Metaspace(addsFirst: configuration.addsPrefixSpace), file: file)
  }

  /// Byte-pair encoding, with the parameters of RobertaTokenizer's or the file's own.
  ///
  /// - Parameter given: Those of a class that builds the model anew; nil for the file's.
  func bytePairs(
    rebuilt given: (unknownToken: String, addsPrefixSpace: Bool)?, className: String? = nil
  ) throws(TokenizerError) -> BytePairs {
    guard isBytePairs else {
      let reader = className.map { ", but \(quoted($0)) reads BPE" } ?? ", not BPE"
      throw .unsupported(file: file, reason: "its model.type is \(quoted(type))\(reader)")
    }
    guard let merges else {
      throw .unsupported(
        file: file, reason: "its model.merges is no list of pairs of tokens")
    }
    var parameters = given
    if parameters == nil {
      for key in ["dropout", "fuse_unk", "byte_fallback", "ignore_merges"] {
        switch model[key] {
        case nil, .null, .bool(false), .number(0), .integer(0): break
        default: throw .unsupported(file: file, reason: "its model.\(key) is set")
        }
      }
      for key in ["continuing_subword_prefix", "end_of_word_suffix"]
      where try model.string(key) ?? "" != "" {
        throw .unsupported(file: file, reason: "its model.\(key) is not empty")
      }
      guard try rest.object("normalizer") == nil else {
        throw .unsupported(file: file, reason: "it has a normalizer before BPE")
      }
      guard let object = try only("pre_tokenizer", of: "Sequence", "pretokenizers") else {
        throw .unsupported(file: file, reason: "it has no pre_tokenizer")
      }
      try require("ByteLevel", object, "pre_tokenizer")
      guard try object.boolean("use_regex") ?? true else {
        throw .unsupported(file: file, reason: "its pre_tokenizer does not split texts")
      }
      parameters = (
        unknownToken: try model.string("unk_token") ?? "",
        addsPrefixSpace: try object.boolean("add_prefix_space") ?? true
      )
    }
    return try BytePairs(
      vocabulary: vocabulary, merges: merges, unknownToken: parameters?.unknownToken ?? "",
      addsPrefixSpace: parameters?.addsPrefixSpace ?? false, file: file)
  }

  /// How the offsets of byte-level tokens are trimmed, where the file says so.
  func offsetTrimming() throws(TokenizerError) -> OffsetTrimming? {
    guard isBytePairs else { return nil }
    for object in try postProcessors() {
      let type = try object.string("type")
      if type == "RobertaProcessing" || type == "ByteLevel",
        try object.boolean("trim_offsets") ?? true
      {
        return OffsetTrimming(addsPrefixSpace: try object.boolean("add_prefix_space") ?? true)
      }
    }
    return nil
  }

  private func postProcessors() throws(TokenizerError) -> [TokenizerFields] {
    guard let object = try rest.object("post_processor") else { return [] }
    guard try object.string("type") == "Sequence" else { return [object] }
    return try object.required("processors", try object.objects("processors"))
  }

  /// In the order of the file, with the ids that it gives them.
  func addedTokens() throws(TokenizerError) -> [(id: Int, token: AddedToken)] {
    var tokens: [(id: Int, token: AddedToken)] = []
    for object in try rest.objects("added_tokens") ?? [] {
      tokens.append(
        (id: try object.required("id", try object.integer("id")), token: try AddedToken(object)))
    }
    return tokens
  }

  func normalizer() throws(TokenizerError) -> BertNormalizer {
    // Unigram has its own.
    if isUnigram { return .identity }
    guard let object = try only("normalizer", of: "Sequence", "normalizers") else {
      return .identity
    }
    if try object.string("type") == "Lowercase" {
      var normalizer = BertNormalizer.identity
      normalizer.lowercase = true
      return normalizer
    }
    try require("BertNormalizer", object, "normalizer")
    return BertNormalizer(
      cleanText: try object.boolean("clean_text") ?? true,
      handleChineseChars: try object.boolean("handle_chinese_chars") ?? true,
      stripAccents: try object.boolean("strip_accents"),
      lowercase: try object.boolean("lowercase") ?? true)
  }

  /// Where the file sets a truncation; of it, transformers takes the side for its default.
  func truncationSide() throws(TokenizerError) -> TruncationSide? {
    guard let truncation = try rest.object("truncation") else { return nil }
    switch try truncation.string("direction") {
    case nil, "Right": return .right
    case "Left": return .left
    default: throw truncation.wrong("direction", "Left or Right")
    }
  }

  /// Where the file sets a padding: the `pad_token` of a class that takes the file as it is.
  func paddingToken() throws(TokenizerError) -> String? {
    try rest.object("padding")?.string("pad_token")
  }

  func splitting() throws(TokenizerError) -> WordSplitting {
    // The others split by themselves.
    if isBytePairs || isUnigram { return .bert }
    guard let object = try only("pre_tokenizer", of: "Sequence", "pretokenizers") else {
      throw .unsupported(file: file, reason: "it has no pre_tokenizer")
    }
    let type = try object.string("type") ?? "nothing"
    guard let splitting = WordSplitting(rawValue: type) else {
      let known = WordSplitting.allCases.map(\.rawValue).joined(separator: ", ")
      throw .unsupported(
        file: file, reason: "its pre_tokenizer is \(quoted(type)), none of \(known)")
    }
    return splitting
  }

  func template() throws(TokenizerError) -> Template {
    var objects: [TokenizerFields] = []
    for object in try postProcessors() where try object.string("type") != "ByteLevel" {
      objects.append(object)
    }
    guard objects.count <= 1 else {
      throw .unsupported(
        file: file, reason: "its post_processor is a sequence of \(objects.count)")
    }
    guard let object = objects.first else { return .plain }
    switch try object.string("type") ?? "nothing" {
    case "TemplateProcessing": return try Template(templateProcessing: object)
    case "BertProcessing":
      return .bert(
        classifier: try object.tokenID("cls"), separator: try object.tokenID("sep"))
    case "RobertaProcessing":
      return .roberta(
        classifier: try object.tokenID("cls"), separator: try object.tokenID("sep"))
    case let type:
      throw .unsupported(
        file: file,
        reason: "its post_processor is \(quoted(type)), none of TemplateProcessing, "
          + "BertProcessing, RobertaProcessing")
    }
  }

  func decoder() throws(TokenizerError) -> TokenDecoder {
    guard let object = try rest.object("decoder") else {
      return .wordPiece(WordPieceDecoder(prefix: nil))
    }
    if isBytePairs {
      try require("ByteLevel", object, "decoder")
      return .byteLevel
    }
    if isUnigram {
      try require("Metaspace", object, "decoder")
      let metaspace = try Metaspace.settings(object)
      return .metaspace(sign: metaspace.sign, dropsFirst: metaspace.addsFirst)
    }
    try require("WordPiece", object, "decoder")
    return .wordPiece(
      WordPieceDecoder(
        prefix: try object.string("prefix") ?? "##",
        cleansUp: try object.boolean("cleanup") ?? true))
  }

  /// The object under `key`, or the only one of a sequence there.
  private func only(
    _ key: String, of sequence: String, _ elements: String
  ) throws(TokenizerError) -> TokenizerFields? {
    guard let object = try rest.object(key) else { return nil }
    guard try object.string("type") == sequence else { return object }
    let objects = try object.required(elements, try object.objects(elements))
    guard objects.count <= 1 else {
      throw .unsupported(file: file, reason: "its \(key) is a sequence of \(objects.count)")
    }
    return objects.first
  }

  private func require(
    _ type: String, _ object: TokenizerFields, _ key: String
  ) throws(TokenizerError) {
    let given = try object.string("type") ?? "nothing"
    guard given == type else {
      throw .unsupported(file: file, reason: "its \(key) is \(quoted(given)), not \(type)")
    }
  }
}

/// What of the file is looked at: the vocabulary, which is most of it, goes straight to its arena.
private struct Contents {
  private(set) var tokens: [UInt8] = []
  /// Ranges of `tokens`.
  private(set) var vocabulary: [(token: Range<Int>, id: Int)] = []
  private(set) var merges: MergeList?
  /// Of a vocabulary that is a list.
  private(set) var scores: [Double]?
  private(set) var model = JSONMembers()
  private(set) var members = JSONMembers()
  private(set) var hasModel = false

  init(_ bytes: [UInt8]) throws(JSON.SyntaxError) {
    var reader = JSONReader(bytes)
    // Other JSON has no model either.
    if let first = reader.peek(), first != UInt8(ascii: "{") {
      try reader.skip()
      try reader.finish()
      return
    }
    try reader.object { (reader, key) throws(JSON.SyntaxError) in
      switch key {
      case "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder", "padding",
        "truncation":
        members[key] = try reader.value()
      case "model" where reader.peek() == UInt8(ascii: "{"):
        hasModel = true
        try reader.object { (reader, key) throws(JSON.SyntaxError) in
          try readModel(key, &reader)
        }
      default:
        try reader.skip()
      }
    }
    try reader.finish()
  }

  private mutating func readModel(
    _ key: String, _ reader: inout JSONReader
  ) throws(JSON.SyntaxError) {
    switch key {
    case "vocab" where reader.peek() == UInt8(ascii: "{"):
      // A key given twice would double what the first took; the last one counts.
      tokens = []
      vocabulary = []
      scores = nil
      var found: [(token: Range<Int>, id: Int)] = []
      try reader.integerMembers(keysIn: &tokens) { found.append(($0, $1)) }
      vocabulary = found
    case "vocab" where reader.peek() == UInt8(ascii: "["):
      tokens = []
      vocabulary = []
      var found: [(token: Range<Int>, id: Int)] = []
      var scores: [Double] = []
      try reader.scoredStrings(in: &tokens) { token, score in
        found.append((token, found.count))
        scores.append(score)
      }
      (vocabulary, self.scores) = (found, scores)
    case "merges" where reader.peek() == UInt8(ascii: "["):
      model[key] = .null
      merges = try MergeList(&reader)
    case "type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "dropout",
      "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges", "unk_id":
      model[key] = try reader.value()
    default:
      model[key] = .null
      try reader.skip()
    }
  }
}

extension Template {
  private static let maximumRepeats = 4

  /// Reads `TemplateProcessing`.
  fileprivate init(templateProcessing object: TokenizerFields) throws(TokenizerError) {
    let specials = try object.object("special_tokens")
    single = try Self.pieces(of: "single", in: object, specials: specials)
    pair = try Self.pieces(of: "pair", in: object, specials: specials)
    guard single.contains(where: \.isFirst), !single.contains(where: \.isSecond) else {
      throw object.wrong("single", "a template of sequence A")
    }
    // Each repeat takes as much memory as the text.
    for pieces in [single, pair]
    where pieces.count(where: \.isFirst) > Self.maximumRepeats
      || pieces.count(where: \.isSecond) > Self.maximumRepeats
    {
      throw .unsupported(
        file: object.file,
        reason: "its template has a sequence more than \(Self.maximumRepeats) times")
    }
    guard pair.contains(where: \.isFirst), pair.contains(where: \.isSecond) else {
      throw object.wrong("pair", "a template of the sequences A and B")
    }
  }

  private static func pieces(
    of key: String, in object: TokenizerFields, specials: TokenizerFields?
  ) throws(TokenizerError) -> [Piece] {
    let objects = try object.required(key, try object.objects(key))
    guard objects.count <= 64 else {
      throw .unsupported(file: object.file, reason: "a template of more than 64 pieces")
    }
    var pieces: [Piece] = []
    for piece in objects {
      if let sequence = try piece.object("Sequence") {
        let typeID = try typeID(of: sequence)
        switch try sequence.string("id") {
        case "A": pieces.append(.first(typeID: typeID))
        case "B": pieces.append(.second(typeID: typeID))
        default: throw sequence.wrong("id", "A or B")
        }
      } else if let special = try piece.object("SpecialToken") {
        let name = try special.required("id", try special.string("id"))
        let token = try object.required("special_tokens.\(name)", try specials?.object(name))
        var ids: [Int32] = []
        for value in try token.required("ids", try token.array("ids")) {
          guard case .integer(let id) = value, (0...Vocabulary.maximumID).contains(id),
            ids.count < 64
          else {
            throw token.wrong(
              "ids", "an array of at most 64 token ids from 0 to \(Vocabulary.maximumID)")
          }
          ids.append(Int32(id))
        }
        pieces.append(.special(ids: ids, typeID: try typeID(of: special)))
      } else {
        throw object.wrong(key, "a list of Sequence and SpecialToken")
      }
    }
    return pieces
  }

  private static func typeID(of object: TokenizerFields) throws(TokenizerError) -> UInt8 {
    let value = try object.integer("type_id") ?? 0
    guard let typeID = UInt8(exactly: value) else {
      throw object.wrong("type_id", "an integer from 0 to 255")
    }
    return typeID
  }

}

extension TokenizerFields {
  /// The id of a token that stands as a pair of it and its id.
  fileprivate func tokenID(_ key: String) throws(TokenizerError) -> Int {
    let pair = try required(key, try array(key))
    guard pair.count == 2, case .integer(let id) = pair[1], (0...Vocabulary.maximumID).contains(id)
    else {
      throw wrong(key, "a token and its id")
    }
    return id
  }
}

extension Template.Piece {
  fileprivate var isFirst: Bool { if case .first = self { true } else { false } }
  fileprivate var isSecond: Bool { if case .second = self { true } else { false } }
}
