import Tensors

/// What products are computed in, from the exact and slow to the rough and fast.
public typealias Precision = Tensors.Precision

extension Precision {
  /// What stands for a precision that nobody chose: the fastest on this machine whose answers cannot be
  /// told from those of float32 in any printed digit.
  public static var automatic: Precision { .float32 }
}
