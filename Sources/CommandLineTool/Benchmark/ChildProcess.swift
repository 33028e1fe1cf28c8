import Dispatch
import Files

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

/// This program again, in a process of its own, which answers line by line.
///
/// It is in a process group of its own, so that Ctrl-C at a terminal is for its parent alone, and ends
/// when its standard input does: when this object goes away, or its parent does, however it ends.
final class ChildProcess {
  private let process: pid_t
  private let input: FileDescriptor
  private let output: FileDescriptor
  private var received: [UInt8] = []

  init(arguments: [String]) throws(ChildProcessError) {
    let input = try Self.pipe()
    let output: (read: Int32, write: Int32)
    do throws(ChildProcessError) {
      output = try Self.pipe()
    } catch {
      for descriptor in [input.read, input.write] { close(descriptor) }
      throw error
    }
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #else
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input.read, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, output.write, STDOUT_FILENO)
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    posix_spawnattr_setpgroup(&attributes, 0)

    var strings = (["cloud4bert"] + arguments).map { strdup($0) }
    defer { for string in strings { free(string) } }
    strings.append(nil)
    var process: pid_t = 0
    let code = posix_spawn(&process, Self.program, &actions, &attributes, strings, environ)
    for descriptor in [input.read, output.write] { close(descriptor) }
    self.process = process
    self.input = FileDescriptor(number: input.write)
    self.output = FileDescriptor(number: output.read)
    guard code == 0 else {
      for descriptor in [input.write, output.read] { close(descriptor) }
      throw ChildProcessError(reason: "cannot be started: \(SystemFailure(code: code).reason)")
    }
  }

  deinit {
    guard process > 0 else { return }
    for end in [input, output] { try? end.close() }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
  }

  /// - Parameter line: Without a line break.
  func send(_ line: some Sequence<UInt8>) throws(ChildProcessError) {
    do throws(SystemFailure) {
      try input.writeAll(Array(line) + [UInt8(ascii: "\n")])
    } catch {
      throw ended
    }
  }

  /// The next line, waited for.
  func receive() throws(ChildProcessError) -> [UInt8] {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    var searched = 0
    while true {
      if let end = received[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { received.removeSubrange(...end) }
        return Array(received[..<end])
      }
      searched = received.count
      guard let count = try? output.read(into: &chunk), count > 0 else { throw ended }
      received += chunk[..<count]
    }
  }

  /// Ends this process, which is a child, in the middle of its work once nobody is left to read of it.
  static func endWithParent() {
    // A queue of its own, because waiting on a global one would cost the tasks a thread.
    DispatchQueue(label: "parent").async {
      var request = pollfd(fd: STDIN_FILENO, events: 0, revents: 0)
      while true {
        _ = poll(&request, 1, -1)
        if request.revents != 0 { exit(0) }
      }
    }
  }

  private var ended: ChildProcessError {
    ChildProcessError(
      reason: "ended early; the system may have run out of memory: measure fewer or smaller models")
  }

  /// The program's own file.
  static var program: String {
    #if os(Linux) || os(Android)
      "/proc/self/exe"
    #else
      Bundle.main.executablePath ?? CommandLine.arguments[0]
    #endif
  }

  /// Two ends that no other child gets hold of.
  private static func pipe() throws(ChildProcessError) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    #if canImport(Darwin)
      let code = Darwin.pipe(&ends)
    #elseif canImport(Musl)
      let code = Musl.pipe(&ends)
    #else
      let code = Glibc.pipe(&ends)
    #endif
    guard code == 0 else {
      throw ChildProcessError(reason: "cannot be started: \(SystemFailure.last.reason)")
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }
}

/// Why there is no answer from a process of our own.
struct ChildProcessError: Error, CustomStringConvertible {
  let reason: String

  var description: String { "the process of a model to be measured \(reason)" }
}
