import Tensors

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Finds out whether the system gives the threads that the program needs. Where it does not, Dispatch
/// asks again and again for ever.
enum ThreadProbe {
  /// Where a limit may keep the program from starting them, starts as many threads as Swift's tasks
  /// have, those that wait for signals and some more, and ends them.
  ///
  /// - Throws: ``NoThreads``
  static func check(more: Int = 0) throws(NoThreads) {
    // A team has at most 256, the caller among them.
    let count = min(ProcessInfo.processInfo.activeProcessorCount + 3 + more, 255)
    guard ThreadLimits.mayRefuse(count) else { return }
    let team = Team(size: count + 1)
    guard let team, team.size == count + 1 else {
      throw NoThreads(wanted: count, given: (team?.size ?? 1) - 1)
    }
  }

  /// Finds out whether a limit of address space leaves room for the buffers that OpenBLAS takes, which
  /// asks for them for ever too.
  ///
  /// - Throws: ``NoRoom``
  static func checkRoom() throws(NoRoom) {
    guard let limit = ThreadLimits.mostAddressSpace else { return }
    let size = 160 << 20
    let room = mmap(nil, size, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0)
    guard room != MAP_FAILED else { throw NoRoom(limit: limit / 1024) }
    munmap(room, size)
  }

  struct NoRoom: Error, CustomStringConvertible {
    /// In KiB, as the shell's `ulimit` has it.
    let limit: UInt64

    var description: String {
      "the limit of memory (ulimit -v \(limit)) leaves no room to work in: raise it"
    }
  }

  struct NoThreads: Error, CustomStringConvertible {
    let wanted: Int
    let given: Int

    var description: String {
      """
      the system gives \(given) of the \(wanted) threads that the program needs: raise its limit of \
      processes (ulimit -u, or pids.max of the container) or of memory (ulimit -v)
      """
    }
  }
}
