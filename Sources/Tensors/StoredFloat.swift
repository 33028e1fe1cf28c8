import CKernels

/// How the elements of a stored table are encoded.
public enum StoredFloat: Sendable {
  case float32, float16, bfloat16

  public var byteCount: Int { self == .float32 ? 4 : 2 }

  var kernel: c4b_element {
    switch self {
    case .float32: C4B_FLOAT32
    case .float16: C4B_FLOAT16
    case .bfloat16: C4B_BFLOAT16
    }
  }

  /// Writes the single-precision values of as many stored elements as `output` holds.
  ///
  /// `bytes` must hold at least that many; no alignment is needed.
  public func widen(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableBufferPointer<Float>)
  {
    precondition(bytes.count >= output.count * byteCount, "too few bytes")
    guard let source = bytes.baseAddress, let target = output.baseAddress else { return }
    Processor.table.widen(kernel, source, target, output.count)
  }
}
