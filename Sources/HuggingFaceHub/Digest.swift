import CDigests

/// The digests by which the Hub names contents.
struct Digest {
  enum Algorithm: String, Sendable {
    case sha256 = "SHA-256"
    /// SHA-1 over `blob SIZE\0` and the contents (https://git-scm.com/book/en/v2/Git-Internals-Git-Objects).
    case gitBlob = "git SHA-1"
  }

  private let algorithm: Algorithm
  private var state = c4b_digest()

  /// - Parameter byteCount: Of all that will be appended; git's digest begins with it.
  init(_ algorithm: Algorithm, byteCount: Int) {
    self.algorithm = algorithm
    switch algorithm {
    case .sha256: c4b_sha256_begin(&state)
    case .gitBlob:
      c4b_sha1_begin(&state)
      Array("blob \(byteCount)\0".utf8).withUnsafeBytes { append($0) }
    }
  }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    switch algorithm {
    case .sha256: c4b_sha256_append(&state, start, bytes.count)
    case .gitBlob: c4b_sha1_append(&state, start, bytes.count)
    }
  }

  /// In hexadecimal digits.
  consuming func value() -> String {
    var bytes = [UInt8](repeating: 0, count: algorithm == .sha256 ? 32 : 20)
    switch algorithm {
    case .sha256: c4b_sha256_end(&state, &bytes)
    case .gitBlob: c4b_sha1_end(&state, &bytes)
    }
    return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
