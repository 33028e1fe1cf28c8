/// How far a file is.
public struct DownloadProgress: Sendable, Equatable {
  public let model: ModelReference
  /// Its name in the repository.
  public let file: String
  /// Those of earlier attempts included.
  public let receivedBytes: Int
  /// Nil where the server does not tell.
  public let totalBytes: Int?
}
