/// How far a file is.
public struct DownloadProgress: Sendable, Equatable {
  public let model: ModelReference
  /// The file's name in the repository.
  public let file: String
  /// How many bytes have come, those of earlier attempts included.
  public let receivedBytes: Int
  /// How many bytes the file has; nil where the server does not tell.
  public let totalBytes: Int?
}
