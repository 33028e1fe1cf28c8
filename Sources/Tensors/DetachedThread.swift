import CKernels

/// A thread of the system's own, for work that waits or computes for long: on a thread of Swift's
/// concurrency it would hold up every other task.
package enum DetachedThread {
  /// Starts a thread that calls `body` and ends with it.
  ///
  /// - Returns: Nil, or the system's error number where it gives no thread.
  package static func start(_ body: @escaping @Sendable () -> Void) -> Int32? {
    let box = Unmanaged.passRetained(Box(body: body))
    let code = c4b_thread_start(
      { Unmanaged<Box>.fromOpaque($0!).takeRetainedValue().body() }, box.toOpaque())
    guard code == 0 else {
      box.release()
      return code
    }
    return nil
  }

  private final class Box: Sendable {
    let body: @Sendable () -> Void

    init(body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
