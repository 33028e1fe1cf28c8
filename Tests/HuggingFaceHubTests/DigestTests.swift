import Foundation
import Testing

@testable import HuggingFaceHub

@Suite struct DigestTests {
  private func digest(_ algorithm: Digest.Algorithm, _ text: String, piece: Int = 1 << 20) -> String
  {
    let bytes = Array(text.utf8)
    var digest = Digest(algorithm, byteCount: bytes.count)
    for start in stride(from: 0, to: bytes.count, by: piece) {
      bytes[start..<min(start + piece, bytes.count)].withUnsafeBytes { digest.append($0) }
    }
    return digest.value()
  }

  /// Examples of NIST for FIPS 180-4.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ])
  func sha256(_ text: String, _ expected: String) {
    for piece in [1, 63, 64, 65, 1000] where text.utf8.count < 1000 || piece == 1000 {
      #expect(digest(.sha256, text, piece: piece) == expected)
    }
  }

  /// What `git hash-object --stdin` says.
  @Test(arguments: [
    ("", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"),
    ("hello\n", "ce013625030ba8dba906f756967f9e9ca394464a"),
    (String(repeating: "a", count: 1_000_000), "de1fbf0c2f34f67f01f355f31ed0cf7319643c5e"),
  ])
  func gitBlob(_ text: String, _ expected: String) {
    for piece in [1, 63, 64, 65, 1000] where text.utf8.count < 1000 || piece == 1000 {
      #expect(digest(.gitBlob, text, piece: piece) == expected)
    }
  }
}
