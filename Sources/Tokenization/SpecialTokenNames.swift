import Files

/// The special tokens that the files of settings name, read as transformers'
/// `PreTrainedTokenizerBase` does: those of BERT's classes, those with names of their own, and those
/// without a name.
struct SpecialTokenNames {
  /// `added` where a file says how the token is found in a text.
  struct Token {
    var content: String
    var added: AddedToken?
    /// Given by `tokenizer_config.json` as an object: transformers does not know it by its content while
    /// it reads `added_tokens.json`.
    var isConfiguredObject = false
  }

  /// In the order in which transformers adds tokens that the vocabulary lacks.
  static let standardKeys = [
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
  ]
  private static let (extra, additional) = ("extra_special_tokens", "additional_special_tokens")

  /// By a standard key; nil for one that a file sets to null.
  private(set) var standard: [ExactString: Token?] = [:]
  /// Other keys that end in `_token`, in the order of the files.
  private var ownKeys: [(key: String, token: Token)] = []
  /// Of an object of extra tokens.
  private var ownObject: [(key: String, token: Token)] = []
  /// Without a name.
  private(set) var unnamed: [Token] = []
  private var hasUnnamed = false
  /// Tokens under their older name, which count where there are none under the newer one.
  private var pending: [Token]?

  /// - Parameter object: Of `tokenizer_config.json`; nil for a folder without one.
  init(_ object: TokenizerFields?) throws(TokenizerError) {
    guard let object else { return }
    for key in Self.standardKeys where object.has(key) {
      standard.updateValue(try Self.token(key, of: object, special: nil), forKey: ExactString(key))
    }
    var named: [(key: String, token: Token)] = []
    for key in object.members.keys where Self.isOwnKey(key) {
      guard let token = try Self.ownToken(key, of: object, special: nil) else { continue }
      if token.added == nil { named.append((key, token)) } else { ownKeys.append((key, token)) }
    }
    var key = Self.extra
    if object.has(Self.additional) {
      if Self.isEmpty(object[key]) {
        key = Self.additional
      } else {
        pending = try Self.tokens(Self.additional, of: object)
      }
    }
    if case .object(let members) = object[key], key == Self.extra {
      named += try Self.tokens(members, key, of: object)
    } else if object.has(key) {
      hasUnnamed = true
      unnamed = try Self.tokens(key, of: object)
    }
    let saved = "model_specific_special_tokens"
    if named.isEmpty, case .object(let members) = object[saved] {
      named = try Self.tokens(members, saved, of: object)
    }
    for (key, token) in named { Self.set(token, key, in: &ownObject) }
  }

  /// Adds what `special_tokens_map.json` says, which counts more.
  mutating func read(map: TokenizerFields) throws(TokenizerError) {
    for key in Self.standardKeys where map.has(key) {
      standard.updateValue(try Self.token(key, of: map, special: true), forKey: ExactString(key))
    }
    for key in map.members.keys where Self.isOwnKey(key) {
      guard let token = try Self.ownToken(key, of: map, special: true) else { continue }
      Self.set(token, key, in: &ownKeys)
    }
    if map.has(Self.additional) {
      // Unlike those below, special only where they say so.
      pending = try Self.tokens(Self.additional, of: map)
    }
    if case .object(let members) = map[Self.extra] {
      for (key, token) in try Self.tokens(members, Self.extra, of: map) {
        Self.set(token, key, in: &ownObject)
      }
      (unnamed, hasUnnamed) = ([], false)
    } else if map.has(Self.extra) {
      hasUnnamed = true
      for token in try Self.tokens(Self.extra, of: map, special: true)
      where !unnamed.contains(where: { $0.content.isExactly(token.content) }) {
        unnamed.append(token)
      }
    }
  }

  /// What of `added_tokens.json` is special: tokens that are known by their content when it is read.
  var contentsKnownToBeSpecial: Set<ExactString> {
    let known = standard.values.compactMap { $0 } + unnamed
    return Set(known.filter { !$0.isConfiguredObject }.map { ExactString($0.content) })
  }

  /// Once all files are read: lets tokens under their older name count.
  mutating func finish() {
    if !hasUnnamed, let pending { unnamed = pending }
  }

  /// Says which tokens there are without a name, where none stand under the newer one.
  ///
  /// - Parameter overriding: Whether they count more than what files have under the older name.
  mutating func setAdditional(_ tokens: [AddedToken], overriding: Bool) {
    guard !hasUnnamed, overriding || pending == nil else { return }
    unnamed = tokens.map { Token(content: $0.content, added: $0) }
  }

  /// Those with names of their own, in the order in which transformers adds them.
  var own: [Token] {
    var tokens = ownKeys
    for (key, token) in ownObject { Self.set(token, key, in: &tokens) }
    return tokens.map(\.token)
  }

  /// Names a token that no file of settings names, nor sets to null.
  mutating func setDefault(_ key: String, to content: String) {
    if standard[key] == nil { standard[key] = .some(Token(content: content)) }
  }

  // MARK: Reading

  private static func isOwnKey(_ key: String) -> Bool {
    key.hasSuffix("_token") && !standardKeys.contains(key)
  }

  /// What Python takes for false.
  private static func isEmpty(_ value: JSON?) -> Bool {
    switch value {
    case nil, .null, .bool(false), .integer(0): true
    case .string(let text): text.isEmpty
    case .array(let values): values.isEmpty
    case .object(let members): members.isEmpty
    default: false
    }
  }

  private static func set(
    _ token: Token, _ key: String, in tokens: inout [(key: String, token: Token)]
  ) {
    if let index = tokens.firstIndex(where: { $0.key.isExactly(key) }) {
      tokens[index].token = token
    } else {
      tokens.append((key, token))
    }
  }

  /// A token with a standard key, nil for null.
  private static func token(
    _ key: String, of object: TokenizerFields, special: Bool?
  ) throws(TokenizerError) -> Token? {
    if object[key] == nil { return nil }
    guard let token = try ownToken(key, of: object, special: special) else {
      throw object.wrong(key, "a token or null")
    }
    return token
  }

  /// Nil for what is no token: it stands for something else.
  private static func ownToken(
    _ key: String, of object: TokenizerFields, special: Bool?
  ) throws(TokenizerError) -> Token? {
    switch object[key] {
    case .string(let content): return Token(content: content)
    case .brokenString: throw object.wrong(key, "a token")
    case .object:
      guard let members = try object.object(key), members.has("content") else { return nil }
      let token = try AddedToken(members, special: special)
      return Token(content: token.content, added: token, isConfiguredObject: special == nil)
    default: return nil
    }
  }

  private static func tokens(
    _ members: JSONMembers, _ key: String, of object: TokenizerFields
  ) throws(TokenizerError) -> [(key: String, token: Token)] {
    let inner = try object.object(key, .object(members))
    var tokens: [(key: String, token: Token)] = []
    for name in try inner.keys() {
      guard let token = try ownToken(name, of: inner, special: nil) else {
        throw inner.wrong(name, "a token")
      }
      tokens.append((name, token))
    }
    return tokens
  }

  private static func tokens(
    _ key: String, of object: TokenizerFields, special: Bool? = nil
  ) throws(TokenizerError) -> [Token] {
    var tokens: [Token] = []
    for (index, value) in try (object.array(key) ?? []).enumerated() {
      let place = "\(key)[\(index)]"
      switch value {
      case .string(let content):
        tokens.append(Token(content: content))
      case .object:
        let token = try AddedToken(
          object.object(place, value), special: special)
        tokens.append(
          Token(content: token.content, added: token, isConfiguredObject: special == nil))
      default:
        throw object.wrong(place, value, "a token")
      }
    }
    return tokens
  }
}
