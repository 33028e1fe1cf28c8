public import Files

/// What is wrong with a tokenizer's files, or with a request made of it: one line that says what,
/// where, and how to mend it.
public enum TokenizerError: DescribedError, Equatable, Sendable {
  /// The folder has neither `tokenizer.json` nor the files that the class or model type which it names
  /// reads instead; nil where it names none.
  case noVocabulary(folder: String, files: String, reader: String?)
  /// The file exists but cannot be read.
  case unreadable(file: String, reason: String)
  /// A clone without Git LFS has a few lines in place of the file.
  case gitLFSPointer(file: String)
  /// The file is not what its format demands, at the byte or key named in `reason`.
  case malformed(file: String, reason: String)
  /// The file asks for something other than BERT's tokenization.
  case unsupported(file: String, reason: String)
  /// The file names a tokenizer class that does not split texts as BERT's do.
  case unsupportedClass(file: String, name: String)
  /// The file names a class that is read from a `tokenizer.json`, and there is only `vocab.txt`.
  case tokenizerFileNeeded(file: String, name: String)
  /// The file is JSON, but not of a tokenizer.
  case notATokenizer(file: String, reason: String)
  /// A word of the text has no tokens, and the vocabulary has no token for such words.
  case unknownTokenMissing(String)
  /// The text has a token that the model has no embedding for.
  case tokenWithoutEmbedding(token: String, id: Int, embeddingCount: Int)
  /// `maxLength` leaves no room for the special tokens that the model expects.
  case maxLengthTooSmall(maxLength: Int, specialTokens: Int)
  /// Windows of `size` tokens of text cannot overlap by `stride` tokens.
  case strideOutOfRange(stride: Int, size: Int)
  /// `onlyFirst` or `onlySecond` cannot shorten its sequence enough.
  case truncationImpossible(reason: String)

  public var description: String {
    switch self {
    case .noVocabulary(let folder, let files, let reader):
      """
      \(folder): no tokenizer.json, and no \(files)\(reader.map { ", which \(quoted($0)) reads" } ?? ""); \
      copy them from the model's source
      """
    case .unreadable(let file, let reason):
      "\(file): cannot be read (\(reason)); check the path and its permissions"
    case .gitLFSPointer(let file):
      "\(file): is a Git LFS pointer, not the file itself; \(GitLFSPointer.remedy)"
    case .malformed(let file, let reason):
      "\(file): \(reason); fetch the file again or export it anew"
    case .unsupported(let file, let reason):
      "\(file): \(reason); only WordPiece as BERT's, byte-level BPE as RoBERTa's and Unigram as XLM-RoBERTa's are supported"
    case .unsupportedClass(let file, let name):
      """
      \(file): its tokenizer_class is \(quoted(name)), which splits texts as none of BertTokenizer, \
      RobertaTokenizer, XLMRobertaTokenizer and CamembertTokenizer does; choose a model with a tokenizer of these
      """
    case .tokenizerFileNeeded(let file, let name):
      """
      \(file): its tokenizer_class is \(quoted(name)), which needs a tokenizer.json that is missing; \
      copy it from the model's source, or name BertTokenizer if vocab.txt is BERT's
      """
    case .notATokenizer(let file, let reason):
      """
      \(file): is not the tokenizer.json of a model: \(reason); copy that file from the model's source, \
      or leave it out where there is a vocab.txt
      """
    case .unknownTokenMissing(let token):
      """
      a word of the text is not in the vocabulary, nor is the unknown token \(quoted(token)), which \
      would stand for it; choose a model whose tokenizer has one
      """
    case .tokenWithoutEmbedding(let token, let id, let count):
      """
      the text has the token \(quoted(token)) of id \(id), but the model embeds only ids below \(count); \
      leave it out of the text, or resize the model's embeddings and train it
      """
    case .maxLengthTooSmall(let maxLength, let specialTokens):
      "a maximum length of \(maxLength) leaves no room for \(specialTokens) special tokens; raise it"
    case .strideOutOfRange(let stride, let size):
      """
      a stride of \(stride) tokens is out of range: windows of \(size) tokens of text overlap by \
      0 to \(size - 1)
      """
    case .truncationImpossible(let reason):
      "cannot truncate: \(reason); use longest_first or a greater maximum length"
    }
  }
}

/// The members of an object in a tokenizer's file.
typealias TokenizerFields = JSONFields<TokenizerError>

extension TokenizerError: JSONFailure {
  package init(_ error: JSONFieldError) {
    let reason = (error.key.map { "\(quoted($0)) " } ?? "") + error.problem
    self =
      error.kind == .malformed
      ? .malformed(file: error.file, reason: reason)
      : .unsupported(file: error.file, reason: reason)
  }
}
