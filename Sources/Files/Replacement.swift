import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A new file that takes the place of an old one when it is whole, in a single step: a disk that fills
/// up, or a program that is stopped, leaves the old one.
///
/// Until then it has no name where the file system has such files (`O_TMPFILE`), so that nothing is
/// left of it by a program that is killed. Elsewhere it lies beside the old one.
package final class Replacement: Sendable {
  /// What is being written; closed when this object goes away.
  package let file: FileDescriptor

  private let target: String

  private struct State {
    /// The new file's, beside the old one.
    var name: String
    var hasName: Bool
    /// Whether it stays when it does not take the old one's place.
    var isKept = false
    var isKeptAtExit = false
    var isDone = false
  }
  private let state: Mutex<State>

  /// Those that a program which ends early has to put in place or remove.
  private static let unfinished = Mutex<[ObjectIdentifier: Replacement]>([:])
  private static let finishesAtExit: Void = {
    _ = atexit {
      for replacement in Replacement.unfinished.withLock({ Array($0.values) }) {
        if replacement.state.withLock({ $0.isKeptAtExit }) {
          try? replacement.commit()
        } else {
          replacement.abandon()
        }
      }
    }
  }()

  /// Begins a file with the owner and the permissions of the old one.
  ///
  /// - Parameters:
  ///   - path: The file to be replaced, which need not be there; of a link, where it leads to.
  ///   - hasName: Whether the new one has a name from the start, whatever the file system can do.
  package init(of path: String, hasName: Bool = false) throws(SystemFailure) {
    target = FileSystem.resolved(path) ?? path
    let old = try? FileStatus(of: target)
    let permissions: UInt16 = old == nil ? 0o666 : 0o600
    let folder = PathText.folder(of: target)
    let name = "\(folder).cloud4bert-\(UInt64.random(in: 0...(.max))).partial"
    if !hasName, let file = FileDescriptor(withoutNameIn: folder, permissions: permissions) {
      self.file = file
      state = Mutex(State(name: name, hasName: false))
    } else {
      file = try FileDescriptor(
        opening: name, for: .writing, .createNew, permissions: permissions)
      state = Mutex(State(name: name, hasName: true))
    }
    if let old {
      _ = fchown(file.number, old.owner.user, old.owner.group)
      _ = fchmod(file.number, old.permissions)
    }
    finishAtExit()
  }

  /// Goes on with the file that ``keep()`` of an earlier process left; nil where there is none.
  package init?(leftFor path: String) throws(SystemFailure) {
    target = FileSystem.resolved(path) ?? path
    let name = Self.keptName(of: target)
    do throws(SystemFailure) {
      file = try FileDescriptor(opening: name, for: .both, .noLink)
    } catch {
      guard error.isOfMissingFile else { throw error }
      return nil
    }
    state = Mutex(State(name: name, hasName: true, isKept: true))
    finishAtExit()
  }

  private func finishAtExit() {
    _ = Self.finishesAtExit
    Self.unfinished.withLock { $0[ObjectIdentifier(self)] = self }
  }

  private static func keptName(of target: String) -> String { "\(target).partial" }

  /// Where a file of that path is while it is kept beside the old one.
  package static func keptPath(of path: String) -> String {
    keptName(of: FileSystem.resolved(path) ?? path)
  }

  /// Gives the new file a name that it is found by, the old one's with `.partial`, and leaves it there
  /// when the program ends before it is whole.
  package func keep() throws(SystemFailure) {
    try state.withLock { state throws(SystemFailure) in
      guard !state.isKept, !state.isDone else { return }
      let name = Self.keptName(of: target)
      if state.hasName {
        try FileSystem.move(state.name, to: name)
      } else {
        FileSystem.remove(name)
        try file.link(to: name)
      }
      state.name = name
      state.hasName = true
      state.isKept = true
    }
  }

  deinit { try? file.close() }

  /// Puts a file of these bytes in place of the one at `path`, if there is one; the disk has them then.
  package static func write(_ bytes: [UInt8], to path: String) throws(SystemFailure) {
    let replacement = try Replacement(of: path)
    do throws(SystemFailure) {
      try replacement.file.writeAll(bytes)
      try replacement.file.synchronize()
      try replacement.commit()
    } catch {
      replacement.abandon()
      throw error
    }
    try FileSystem.synchronizeFolder(of: path)
  }

  /// Has a program that ends early put the new file in place, as far as it is written.
  package func keepAtExit() {
    state.withLock { $0.isKeptAtExit = true }
  }

  /// Puts the new file in the old one's place, which stays where that fails.
  package func commit() throws(SystemFailure) {
    try finish { state throws(SystemFailure) in
      if !state.hasName { try file.link(to: state.name) }
      do throws(SystemFailure) {
        try FileSystem.move(state.name, to: target)
      } catch {
        if !state.isKept { FileSystem.remove(state.name) }
        throw error
      }
    }
  }

  /// Leaves the old file, and removes the new one unless it is kept.
  package func abandon() {
    finish { state in if state.hasName, !state.isKept { FileSystem.remove(state.name) } }
  }

  /// Does what ends it, unless that was done before; waits where another thread is at it.
  private func finish<Failure: Error>(_ body: (State) throws(Failure) -> Void) throws(Failure) {
    Self.unfinished.withLock { $0[ObjectIdentifier(self)] = nil }
    try state.withLock { state throws(Failure) in
      guard !state.isDone else { return }
      state.isDone = true
      try body(state)
    }
  }
}

extension FileDescriptor {
  /// Opens a new file that no folder knows, to be written; nil where the system has no such files.
  fileprivate init?(withoutNameIn folder: String, permissions: UInt16) {
    #if os(Linux) || os(Android)
      // O_TMPFILE, a macro that not every C library's import has.
      let options = Options(rawValue: 0o20000000 | O_DIRECTORY)
      guard
        let file = try? FileDescriptor(
          opening: folder, for: .writing, options, permissions: permissions)
      else { return nil }
      self = file
      // By this path it gets a name, and not every system has /proc.
      if (try? FileStatus(of: path).identity) == (try? status().identity) { return }
      try? close()
    #endif
    return nil
  }

  /// Gives a file that has no name one.
  fileprivate func link(to name: String) throws(SystemFailure) {
    try FileSystem.call(path) { path in
      FileSystem.withBytes(of: name) { linkat(AT_FDCWD, path, AT_FDCWD, $0, AT_SYMLINK_FOLLOW) }
    }
  }

  /// Where Linux shows the open file.
  private var path: String { "/proc/self/fd/\(number)" }
}
