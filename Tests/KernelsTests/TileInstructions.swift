import CKernels
import Foundation
import TileTraps

/// The instructions of AMX, on a processor that has them or by traps.
enum TileInstructions {
  static let canRun =
    c4b_amx_obstacle() == nil
    || tile_traps_exist() && String(cString: c4b_cpu_extensions()).contains("avx512f")

  private struct Job {
    let body: () -> Void
  }

  // Traps are the process's, and tests run side by side.
  private static let lock = NSLock()

  /// Returns how many were emulated: 0 where the processor runs them itself.
  static func run(_ body: () -> Void) -> Int {
    lock.withLock {
      withoutActuallyEscaping(body) { body in
        var job = Job(body: body)
        return withUnsafeMutablePointer(to: &job) { pointer in
          tile_traps_run({ $0!.assumingMemoryBound(to: Job.self).pointee.body() }, pointer)
        }
      }
    }
  }
}
