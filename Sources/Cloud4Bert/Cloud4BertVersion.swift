/// The version of this package, as in the changelog and in the tags of its releases.
///
/// It is written here and nowhere else: `cloud4bert --version`, the manual page and the packages
/// that the scripts make read it from here.
public enum Cloud4BertVersion {
  /// The version of this package, major, minor and patch by Semantic Versioning, such as `1.4.0`.
  public static let current = "0.2.0"
}
