import TestSupport
import Testing

@testable import Checkpoints

@Suite struct PickleTests {
  /// Protocol 2 around `body`, with the final STOP.
  private func read(_ body: [UInt8]...) throws(Pickle.Failure) -> Pickle {
    try Pickle([0x80, 2] + body.flatMap { $0 } + [0x2E])
  }

  private func text(_ string: String) -> [UInt8] {
    [0x58] + littleEndian(string.utf8.count, 4) + Array(string.utf8)
  }

  private func ascii(_ string: String) -> [UInt8] { asciiBytes(string) }

  private func failure(_ body: [UInt8]...) -> Pickle.Failure? {
    do throws(Pickle.Failure) {
      _ = try Pickle([0x80, 2] + body.flatMap { $0 } + [0x2E])
      return nil
    } catch {
      return error
    }
  }

  @Test func readsConstants() throws {
    #expect(try read(ascii("N")).root == .none)
    #expect(try read([0x88]).root == .bool(true))
    #expect(try read([0x89]).root == .bool(false))
    #expect(try read(ascii("K"), [200]).root == .integer(200))
    #expect(try read(ascii("M"), [1, 2]).root == .integer(513))
    #expect(try read(ascii("J"), littleEndian(-5, 4)).root == .integer(-5))
    #expect(try read([0x8A, 0]).root == .integer(0))
    #expect(try read([0x8A, 1, 0xFF]).root == .integer(-1))
    #expect(try read([0x8A, 2, 0xFF, 0x00]).root == .integer(255))
    #expect(try read([0x8A, 8], littleEndian(.min, 8)).root == .integer(.min))
    #expect(try read(ascii("G"), [0x40, 0x09, 0, 0, 0, 0, 0, 0]).root == .float(3.125))
    #expect(try read(text("é")).root == .string("é"))
    #expect(try read([0x8C, 1], ascii("x")).root == .string("x"))
    #expect(try read(ascii("U"), [1], ascii("x")).root == .string("x"))
    #expect(try read(ascii("C"), [2, 0xFF, 0xFF]).root == .bytes)
  }

  @Test func readsContainersAndTheMemo() throws {
    let pickle = try read(ascii("}q"), [0], text("a"), ascii("K"), [1], ascii("s0h"), [0])
    #expect(pickle.root == .dictionary(0))
    #expect(pickle.dictionaries[0].map(\.key) == ["a"])
    #expect(pickle.dictionaries[0].map(\.value) == [.integer(1)])
    let tuple = try read(ascii("(K"), [1], ascii("K"), [2], ascii("K"), [3], ascii("t"))
    #expect(tuple.root == .tuple(0..<3))
    #expect(tuple.tupleElements == [.integer(1), .integer(2), .integer(3)])
    let pair = try read(ascii("K"), [1], ascii("K"), [2], [0x86])
    #expect(pair.tupleElements == [.integer(1), .integer(2)])
    let list = try read(ascii("](K"), [1], ascii("eNa"))
    #expect(list.root == .list(0))
    #expect(list.lists == [[.integer(1), .none]])
    #expect(try read(ascii("(NNl")).lists == [[.none, .none]])
    #expect(try read(ascii("(K"), [1], ascii("1N")).root == .none)
  }

  @Test(arguments: [
    ("posix", "system"), ("os", "system"), ("builtins", "eval"), ("__builtin__", "eval"),
    ("torch", "load"), ("torch.jit", "load"), ("collections", "OrderedDict.__init__"),
    ("torch.nn.modules.linear", "Linear"), ("numpy", "dtype"), ("", ""), ("torch", "Tensor"),
  ])
  func refusesAnyNameOutsideTheList(module: String, name: String) {
    let refused = Pickle.Failure.refused("\(module).\(name)")
    // Even where nothing is made of it.
    #expect(failure(ascii("c\(module)\n\(name)\n0N")) == refused)
    #expect(failure(text(module), text(name), [0x93], ascii("0N")) == refused)
  }

  @Test(arguments: [
    "", "0", "t", "1", "(0", "(2", "2", "a", "]a", "e", "s", "NNs", "}s", "}(Nu", "}(NNNu", "R",
    "N)R", ")NR", "ccollections\nOrderedDict\nNR", "ccollections\nOrderedDict\n(NtR", "Q", "NQ",
    ")Q", "b", "]Nb", "Nb", "h\u{1}", "j\u{1}\u{0}\u{0}\u{0}", "K", "X\u{7F}\u{0}\u{0}\u{0}abc",
    "ctorch._utils\n_rebuild_tensor_v2\n)R", "ctorch._utils\n_rebuild_parameter\n)R",
    "ctorch\nFloatStorage\n)R", "ctorch\nFloatStorage",
  ])
  func refusesDamage(body: String) {
    let failure = failure(ascii(body))
    guard case .malformed = failure else {
      Issue.record("\(body.debugDescription): \(String(describing: failure))")
      return
    }
  }

  @Test(arguments: [
    [0xFF], asciiBytes("i"), asciiBytes("I1\n"), asciiBytes("P0\n"), [0x82, 1], [0x80, 6],
  ])
  func refusesOpcodesThatNoTensorNeeds(body: [UInt8]) {
    guard case .unsupported = failure(body) else {
      Issue.record("\(body) was taken")
      return
    }
  }

  @Test func readsPicklesInARow() throws {
    let bytes: [UInt8] = [[0x80, 2, 0x4B, 7, 0x2E, 0x80, 2], text("x"), ascii(".rest")].flatMap {
      $0
    }
    let first = try Pickle(bytes)
    #expect(first.root == .integer(7))
    #expect(first.endOffset == 5)
    let second = try Pickle(bytes, at: first.endOffset)
    #expect(second.root == .string("x"))
    #expect(second.endOffset == bytes.count - 4)
    #expect(throws: Pickle.Failure.self) { try Pickle(bytes, at: bytes.count) }
  }

  @Test func takesNoViewsOfStorages() throws {
    let parts: [[UInt8]] = [
      text("storage"), ascii("ctorch\nFloatStorage\n"), text("0"), text("cpu"), [0x4B, 6],
    ]
    let id = parts.flatMap { $0 }
    let wanted = [Pickle.Storage(elementType: .float32, key: "0", elementCount: 6)]
    #expect(try read(ascii("("), id, ascii("tQ")).storages == wanted)
    #expect(try read(ascii("("), id, ascii("NtQ")).storages == wanted)
    #expect(
      failure(ascii("("), id, ascii(")tQ")) == .unsupported("a storage that is a view of another"))
    guard case .malformed = failure(ascii("("), id, ascii("NNtQ")) else {
      Issue.record("seven parts were taken")
      return
    }
  }

  @Test func needsAnEnd() {
    #expect(throws: Pickle.Failure.self) { try Pickle([]) }
    #expect(throws: Pickle.Failure.self) { try Pickle([0x80, 2, 0x4E]) }
    // Two numbers where a global's module and name are expected.
    #expect(throws: Pickle.Failure.self) { try read([0x4B, 1, 0x4B, 2, 0x93]) }
  }

  @Test func deepNestingCostsNoStack() throws {
    let tuples = try read([0x4E], [UInt8](repeating: 0x85, count: 200_000))
    #expect(tuples.tupleElements.count == 200_000)
    // A dictionary inside itself.
    let loop = try read(ascii("}q"), [0], text("a"), ascii("h"), [0], ascii("s"))
    #expect(loop.dictionaries[0].map(\.value) == [.dictionary(0)])
  }

  @Test(arguments: [
    [0x4E], [0x28], [0x7D], [0x4E, 0x85, 0x30], [0x7D, 0x30], asciiBytes("Nr"), asciiBytes("]0"),
    asciiBytes("Na"),
  ])
  func bombsEndAtALimit(pattern: [UInt8]) {
    var bytes: [UInt8] = [0x80, 2, 0x5D]
    for i in 0..<3000 {
      bytes += pattern
      if pattern.last == UInt8(ascii: "r") { bytes += littleEndian(i, 4) + [0x30] }
    }
    do throws(Pickle.Failure) {
      _ = try Pickle(bytes, valueLimit: 1000)
      Issue.record("taken")
    } catch {
      guard case .malformed(_, "the pickle holds too many values") = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test func callsWithAHugeTupleAreRefusedAtOnce() {
    // Copying the tuple for each of the calls would take hours.
    let tuple = ascii("(") + [UInt8](repeating: 0x4E, count: 50_000) + ascii("tq") + [0]
    let call = ascii("ccollections\nOrderedDict\nh") + [0] + ascii("R0")
    let failure = failure(tuple, [[UInt8]](repeating: call, count: 1000).flatMap { $0 })
    guard case .malformed(_, "a call with too many arguments") = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
  }
}

private func asciiBytes(_ string: String) -> [UInt8] { Array(string.utf8) }
