import Foundation

/// Where a model is that a person names: in a folder, or on the Hub.
public enum ModelLocation: Sendable, Equatable {
  case folder(URL)
  case hub(ModelReference)

  /// A folder that exists wins; else what looks like the name of a repository is one; the rest is
  /// taken for a folder that is missing, so that opening it says so.
  public init(_ text: String) {
    var isFolder: ObjCBool = false
    if !FileManager.default.fileExists(atPath: text, isDirectory: &isFolder),
      let model = ModelReference(text)
    {
      self = .hub(model)
    } else {
      self = .folder(URL(filePath: text))
    }
  }
}
