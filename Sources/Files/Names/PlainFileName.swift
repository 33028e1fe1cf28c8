/// Whether a name from a stranger's file or server stays inside the folder it is looked up in, on any
/// system: the one rule for shards, be they opened or fetched.
package func isPlainFileName(_ name: String) -> Bool {
  !name.isEmpty && name.utf8.count <= 255 && name != "." && name != ".."
    && name.utf8.allSatisfy { byte in
      byte >= 0x20 && byte != 0x7F && !"/\\:".utf8.contains(byte)
    }
}
