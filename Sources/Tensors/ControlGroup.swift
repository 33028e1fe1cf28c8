import Files

/// A control group of Linux that the process is in.
struct ControlGroup {
  let folder: String
  let isVersion2: Bool

  /// The process's own group and all groups around it, as far as they can be seen from here, the
  /// innermost first, of both versions of control groups.
  ///
  /// - Parameters:
  ///   - controller: What is to be known of them, such as `cpu`.
  ///   - read: The contents of a file, nil where there is none.
  static func all(
    with controller: String, reading read: (String) -> String?
  ) -> [ControlGroup] {
    guard let groups = read("/proc/self/cgroup"), let mounts = read("/proc/self/mountinfo") else {
      return []
    }
    return mounts.split(separator: "\n").compactMap { Mount($0, controller) }.flatMap { mount in
      mount.folders(of: groups).map { ControlGroup(folder: $0, isVersion2: mount.isVersion2) }
    }
  }

  private struct Mount {
    let root: String
    let point: String
    let controller: String
    let isVersion2: Bool

    /// A line of mountinfo: "id parent major:minor root point options … - type source options".
    init?(_ line: Substring, _ controller: String) {
      let fields = line.split(separator: " ")
      guard let dash = fields.firstIndex(of: "-"), fields.count > dash + 3, dash > 5 else {
        return nil
      }
      switch fields[dash + 1] {
      case "cgroup2": isVersion2 = true
      case "cgroup" where fields[dash + 3].split(separator: ",").contains(controller[...]):
        isVersion2 = false
      default: return nil
      }
      root = String(fields[3])
      point = String(fields[4])
      self.controller = controller
    }

    /// The process's folder and those around it, the innermost first.
    func folders(of groups: String) -> [String] {
      for line in groups.split(separator: "\n") {
        // "number:controllers:path", with the number 0 and no controllers in version 2.
        let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3,
          isVersion2
            ? parts[1].isEmpty : parts[1].split(separator: ",").contains(controller[...])
        else { continue }
        var path = parts[2]
        // A container may see its own part of the tree alone, under the path that it has outside.
        if root != "/", path.hasPrefix(root) { path = path.dropFirst(root.count) }
        var names = path.split(separator: "/")
        if names.contains("..") { names = [] }
        return (0...names.count).reversed().map { count in
          names[..<count].reduce(point) { "\($0)/\($1)" }
        }
      }
      return []
    }
  }
}

enum KernelFile {
  /// The text of a file of the kernel's; nil where there is none.
  static func contents(of path: String) -> String? {
    (try? FileSystem.contents(of: path, limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
  }
}
