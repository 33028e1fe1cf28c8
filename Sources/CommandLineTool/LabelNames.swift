/// `--labels`: names between commas.
enum LabelNames {
  /// Without the spaces around them; nil for nil.
  static func names(in list: String?) -> [String]? {
    list?.split(separator: ",", omittingEmptySubsequences: false).map { name in
      String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
  }
}
