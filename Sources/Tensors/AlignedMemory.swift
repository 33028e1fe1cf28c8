/// Memory on a 64-byte boundary: a cache line, and the widest vector register.
final class AlignedMemory: @unchecked Sendable {
  let base: UnsafeMutableRawPointer
  let byteCount: Int

  init(byteCount: Int) {
    self.byteCount = max(byteCount, 64)
    base = .allocate(byteCount: self.byteCount, alignment: 64)
  }

  convenience init(floats: Int) {
    self.init(byteCount: floats * MemoryLayout<Float>.stride)
  }

  deinit {
    base.deallocate()
  }

  var floats: UnsafeMutablePointer<Float> {
    base.assumingMemoryBound(to: Float.self)
  }
}
