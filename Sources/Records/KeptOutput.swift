/// What of an output is safe on the disk: whole rows, by which a later process knows them again.
public struct KeptOutput: Sendable, Equatable {
  public let rows: Int
  /// Of the file, with its header.
  public let bytes: Int
  /// Of the header, which a writer may change later; 0 where there is none.
  public let headerBytes: Int
  /// Of the bytes behind the header.
  public let digest: UInt64

  public init(rows: Int, bytes: Int, headerBytes: Int, digest: UInt64) {
    self.rows = rows
    self.bytes = bytes
    self.headerBytes = headerBytes
    self.digest = digest
  }
}
