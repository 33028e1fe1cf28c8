import Testing

@testable import Files

@Suite struct StreamDigestTests {
  private func digest(_ bytes: [UInt8], cutAt cuts: [Int]) -> UInt64 {
    var digest = StreamDigest()
    var start = 0
    for cut in cuts + [bytes.count] {
      bytes[start..<cut].withUnsafeBytes { digest.append($0) }
      start = cut
    }
    #expect(digest.byteCount == bytes.count)
    return digest.value
  }

  @Test func doesNotDependOnHowTheBytesAreCut() {
    let bytes = (0..<100).map { UInt8($0 * 37 % 251) }
    let whole = digest(bytes, cutAt: [])
    for first in 0...bytes.count {
      #expect(digest(bytes, cutAt: [first]) == whole)
      #expect(digest(bytes, cutAt: [first / 3, first / 2, first]) == whole)
    }
  }

  @Test func tellsApartWhatDiffersByABitAByteOrAnOrder() {
    let bytes = (0..<40).map { UInt8($0) }
    var seen: Set = [digest(bytes, cutAt: [])]
    for place in bytes.indices {
      for bit in 0..<8 {
        var other = bytes
        other[place] ^= 1 << UInt8(bit)
        #expect(seen.insert(digest(other, cutAt: [])).inserted)
      }
    }
    for count in 0..<40 {
      #expect(seen.insert(digest(Array(bytes.prefix(count)), cutAt: [])).inserted)
    }
    for count in 2..<20 {
      let zeros = [UInt8](repeating: 0, count: count)
      #expect(seen.insert(digest(zeros, cutAt: [])).inserted)
    }
    for place in 0..<39 {
      var other = bytes
      other.swapAt(place, place + 1)
      #expect(seen.insert(digest(other, cutAt: [])).inserted)
    }
  }
}
