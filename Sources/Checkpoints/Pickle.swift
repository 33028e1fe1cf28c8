import Files

/// Reads a Python pickle (https://docs.python.org/3/library/pickletools.html) that holds tensors,
/// and nothing that asks for code to be run.
///
/// A pickle is a program for a stack machine, and Python's reader will call whatever function it
/// names. This one knows a list of names, the parts of a tensor, and stops at any other. Protocols
/// 2 (what `torch.save` writes) to 5.
///
/// Values are kept in flat tables and point at one another by index: values nested a million deep,
/// or inside themselves, cost no stack and no leak.
struct Pickle {
  /// A value on the stack, in the memo or in a container.
  enum Value: Equatable {
    case none
    case bool(Bool)
    case integer(Int)
    case float(Double)
    case string(String)
    case bytes
    case global(Global)
    /// A range of `tupleElements`.
    case tuple(Range<Int>)
    /// An index into `lists`.
    case list(Int)
    /// An index into `dictionaries`.
    case dictionary(Int)
    /// An index into `storages`.
    case storage(Int)
    /// An index into `tensors`.
    case tensor(Int)
  }

  /// The names that may stand in a pickle.
  enum Global: Equatable {
    case orderedDictionary
    case rebuildTensor
    case rebuildTensorV2
    case rebuildParameter
    case rebuildParameterWithState
    case storage(ElementType)

    init?(module: String, name: String) {
      switch (module, name) {
      case ("collections", "OrderedDict"): self = .orderedDictionary
      case ("torch._utils", "_rebuild_tensor"): self = .rebuildTensor
      case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensorV2
      case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
      case ("torch._utils", "_rebuild_parameter_with_state"): self = .rebuildParameterWithState
      case ("torch", "FloatStorage"): self = .storage(.float32)
      case ("torch", "HalfStorage"): self = .storage(.float16)
      case ("torch", "BFloat16Storage"): self = .storage(.bfloat16)
      case ("torch", "DoubleStorage"): self = .storage(.float64)
      case ("torch", "LongStorage"): self = .storage(.int64)
      case ("torch", "IntStorage"): self = .storage(.int32)
      case ("torch", "ShortStorage"): self = .storage(.int16)
      case ("torch", "CharStorage"): self = .storage(.int8)
      case ("torch", "ByteStorage"): self = .storage(.uint8)
      case ("torch", "BoolStorage"): self = .storage(.bool)
      default: return nil
      }
    }
  }

  /// What a persistent id of `torch.save` says: `('storage', type, key, device, count)`, and in the
  /// format from before PyTorch 1.6 a sixth thing, None.
  struct Storage: Equatable {
    let elementType: ElementType
    /// In a zip archive the entry `data/<key>`.
    let key: String
    let elementCount: Int
  }

  /// The arguments of `_rebuild_tensor_v2`, not yet checked against the storage.
  struct Tensor: Equatable {
    let storage: Storage
    /// In elements.
    let offset: Int
    let shape: [Int]
    let strides: [Int]
  }

  enum Failure: Error, Equatable {
    /// A name outside the list, as `module.name`.
    case refused(String)
    case unsupported(String)
    case malformed(offset: Int, problem: String)
  }

  private(set) var root: Value = .none
  private(set) var tupleElements: [Value] = []
  private(set) var lists: [[Value]] = []
  private(set) var dictionaries: [[(key: String, value: Value)]] = []
  /// How many items each of them was given, those left out included.
  private var itemCounts: [Int] = []
  /// Which of `dictionaries` are an OrderedDict, and so may be given state.
  private var orderedDictionaries: Set<Int> = []
  private(set) var storages: [Storage] = []
  /// What was said of each storage first.
  private var storagesByKey: [ExactString: Storage] = [:]
  private(set) var tensors: [Tensor] = []

  private var reader: ByteReader
  private var stack: [Value] = []
  /// Stack heights where a MARK was set.
  private var marks: [Int] = []
  private var memo: [Int: Value] = [:]
  /// In all lists and dictionaries together.
  private var itemCount = 0

  /// One past the pickle's last byte: where the next begins, where several stand in a row.
  var endOffset: Int { reader.position }

  /// - Parameters:
  ///   - start: Where among `bytes` the pickle begins.
  ///   - valueLimit: What a program of a few bytes for each value may hold on to in one table, far
  ///     above any real state dict (about ten values for each tensor).
  init(_ bytes: [UInt8], at start: Int = 0, valueLimit: Int = 1 << 20) throws(Failure) {
    reader = ByteReader(bytes, at: start)
    while let opcode = reader.byte() {
      if opcode == UInt8(ascii: ".") {
        root = try pop()
        return
      }
      try execute(opcode)
      // A tensor has its shape and strides, of up to 64 dimensions, besides.
      let largest = max(
        stack.count, marks.count, memo.count, tupleElements.count, lists.count, dictionaries.count,
        itemCount, storages.count, tensors.count * 8)
      guard largest <= valueLimit else { throw malformed("the pickle holds too many values") }
    }
    throw malformed("the pickle has no end")
  }

  private static let stringLimit = 1 << 16

  private func malformed(_ problem: String) -> Failure {
    .malformed(offset: reader.position, problem: problem)
  }

  private func need<Wanted>(_ value: Wanted?) throws(Failure) -> Wanted {
    guard let value else { throw malformed("the pickle ends inside a value, or is not UTF-8") }
    return value
  }

  private mutating func execute(_ opcode: UInt8) throws(Failure) {
    switch opcode {
    case 0x80:  // PROTO
      let version = try need(reader.byte())
      guard (2...5).contains(version) else {
        throw .unsupported("pickle protocol \(version); 2 to 5 are supported")
      }
    case 0x95: _ = try need(reader.integer(UInt64.self))  // FRAME: only a hint for buffering

    // Constants
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.bool(true))
    case 0x89: stack.append(.bool(false))
    case UInt8(ascii: "J"): stack.append(.integer(Int(try need(reader.integer(Int32.self)))))
    case UInt8(ascii: "K"): stack.append(.integer(Int(try need(reader.byte()))))
    case UInt8(ascii: "M"): stack.append(.integer(Int(try need(reader.integer(UInt16.self)))))
    case 0x8A: try pushLong(byteCount: Int(try need(reader.byte())))
    case 0x8B: try pushLong(byteCount: Int(try need(reader.integer(Int32.self))))
    case UInt8(ascii: "G"):
      // The one big-endian number.
      let bits = try need(reader.integer(UInt64.self)).byteSwapped
      stack.append(.float(Double(bitPattern: bits)))
    case UInt8(ascii: "U"), 0x8C: try pushString(count: UInt64(try need(reader.byte())))
    case UInt8(ascii: "T"), UInt8(ascii: "X"):
      try pushString(count: UInt64(try need(reader.integer(UInt32.self))))
    case 0x8D: try pushString(count: try need(reader.integer(UInt64.self)))
    case UInt8(ascii: "C"): try pushBytes(count: UInt64(try need(reader.byte())))
    case UInt8(ascii: "B"): try pushBytes(count: UInt64(try need(reader.integer(UInt32.self))))
    case 0x8E: try pushBytes(count: try need(reader.integer(UInt64.self)))

    // The stack itself
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popToMark()
    case UInt8(ascii: "2"): stack.append(try top())

    // Containers
    case UInt8(ascii: ")"): stack.append(.tuple(0..<0))
    case 0x85...0x87:
      var elements: [Value] = []
      for _ in 0..<Int(opcode - 0x84) { elements.append(try pop()) }
      pushTuple(elements.reversed())
    case UInt8(ascii: "t"): pushTuple(try popToMark())
    case UInt8(ascii: "]"): pushList([])
    case UInt8(ascii: "l"): pushList(try popToMark())
    case UInt8(ascii: "a"): try append([try pop()])
    case UInt8(ascii: "e"): try append(try popToMark())
    case UInt8(ascii: "}"): pushDictionary()
    case UInt8(ascii: "d"):
      let items = try popToMark()
      pushDictionary()
      try setItems(items)
    case UInt8(ascii: "s"):
      let value = try pop()
      try setItems([try pop(), value])
    case UInt8(ascii: "u"): try setItems(try popToMark())

    // The memo
    case UInt8(ascii: "q"): memo[Int(try need(reader.byte()))] = try top()
    case UInt8(ascii: "r"): memo[Int(try need(reader.integer(UInt32.self)))] = try top()
    case 0x94: memo[memo.count] = try top()
    case UInt8(ascii: "h"): try recall(Int(try need(reader.byte())))
    case UInt8(ascii: "j"): try recall(Int(try need(reader.integer(UInt32.self))))

    // Objects
    case UInt8(ascii: "c"):
      let module = try need(reader.line(limit: 1024))
      try pushGlobal(module: module, name: try need(reader.line(limit: 1024)))
    case 0x93:
      guard case .string(let name) = try pop(), case .string(let module) = try pop() else {
        throw malformed("a global's name must be two strings")
      }
      try pushGlobal(module: module, name: name)
    case UInt8(ascii: "Q"): try pushStorage()
    case UInt8(ascii: "R"), 0x81:  // REDUCE and NEWOBJ both take a callable and its arguments
      guard case .tuple(let arguments) = try pop() else {
        throw malformed("a call needs a tuple of arguments")
      }
      guard case .global(let callee) = try pop() else {
        throw malformed("only functions can be called")
      }
      guard opcode != 0x81 || callee == .orderedDictionary else {
        throw malformed("an object is made of a function")
      }
      // Copied at each call, of which a few bytes make one: a long tuple could take hours.
      guard arguments.count <= 16 else { throw malformed("a call with too many arguments") }
      try call(callee, Array(tupleElements[arguments]))
    case UInt8(ascii: "b"):
      try setState(try pop())
    default:
      throw .unsupported("pickle opcode 0x\(String(opcode, radix: 16)) at byte \(reader.position)")
    }
  }

  // MARK: Stack

  private func top() throws(Failure) -> Value {
    guard let value = stack.last, stack.count > marks.last ?? 0 else {
      throw malformed("the pickle's stack is empty")
    }
    return value
  }

  private mutating func pop() throws(Failure) -> Value {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func popToMark() throws(Failure) -> [Value] {
    guard let mark = marks.popLast() else { throw malformed("the pickle has no mark") }
    // `top()` keeps every pop above the last mark.
    let values = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return values
  }

  private mutating func recall(_ index: Int) throws(Failure) {
    guard let value = memo[index] else { throw malformed("the memo has nothing under \(index)") }
    stack.append(value)
  }

  // MARK: Constants

  private mutating func pushLong(byteCount: Int) throws(Failure) {
    guard (0...8).contains(byteCount) else {
      throw malformed("an integer of \(byteCount) bytes; at most 8 are supported")
    }
    let bytes = try need(reader.bytes(count: byteCount))
    var value = bytes.last.map { $0 >= 0x80 } == true ? -1 : 0
    for byte in bytes.reversed() { value = value << 8 | Int(byte) }
    stack.append(.integer(value))
  }

  private mutating func pushString(count: UInt64) throws(Failure) {
    guard count <= Self.stringLimit else {
      throw malformed("a string of \(count) bytes; at most \(Self.stringLimit) are allowed")
    }
    stack.append(.string(try need(reader.text(count: Int(count)))))
  }

  /// No tensor needs one, so that only its place on the stack is kept.
  private mutating func pushBytes(count: UInt64) throws(Failure) {
    guard let count = Int(exactly: count), reader.skip(count) else {
      throw malformed("the pickle ends inside a value")
    }
    stack.append(.bytes)
  }

  // MARK: Containers

  private mutating func pushTuple(_ elements: [Value]) {
    let start = tupleElements.count
    tupleElements += elements
    stack.append(.tuple(start..<tupleElements.count))
  }

  private mutating func pushDictionary() {
    stack.append(.dictionary(dictionaries.count))
    dictionaries.append([])
    itemCounts.append(0)
  }

  private mutating func pushList(_ elements: [Value]) {
    stack.append(.list(lists.count))
    lists.append(elements)
    itemCount += elements.count
  }

  private mutating func append(_ elements: [Value]) throws(Failure) {
    guard case .list(let index) = try top() else {
      throw malformed("only a list can be appended to")
    }
    lists[index] += elements
    itemCount += elements.count
  }

  /// Keys and values in turn. Keys that are no strings name no tensors, and are left out.
  private mutating func setItems(_ items: [Value]) throws(Failure) {
    guard case .dictionary(let index) = try top() else {
      throw malformed("only a dictionary can be given items")
    }
    guard items.count.isMultiple(of: 2) else { throw malformed("a key has no value") }
    for i in Swift.stride(from: 0, to: items.count, by: 2) {
      itemCounts[index] += 1
      guard case .string(let key) = items[i] else { continue }
      dictionaries[index].append((key, items[i + 1]))
      itemCount += 1
    }
  }

  // MARK: Objects

  private mutating func pushGlobal(module: String, name: String) throws(Failure) {
    guard let global = Global(module: module, name: name) else {
      throw .refused("\(module).\(name)")
    }
    stack.append(.global(global))
  }

  private mutating func pushStorage() throws(Failure) {
    guard case .tuple(let range) = try pop(), (5...6).contains(range.count),
      case .string("storage") = tupleElements[range.lowerBound],
      case .global(.storage(let elementType)) = tupleElements[range.lowerBound + 1],
      case .string(let key) = tupleElements[range.lowerBound + 2],
      case .integer(let count) = tupleElements[range.lowerBound + 4], count >= 0
    else { throw malformed("a persistent id is not that of a tensor's storage") }
    if range.count == 6, tupleElements[range.lowerBound + 5] != .none {
      // PyTorch has not written one since version 0.4.
      throw .unsupported("a storage that is a view of another")
    }
    let storage = Storage(elementType: elementType, key: key, elementCount: count)
    // To torch the first type holds for all; a file that torch wrote says the same each time.
    if let first = storagesByKey.updateValue(storage, forKey: key), first != storage {
      throw malformed("the storage \(quoted(key)) has two sizes or types")
    }
    stack.append(.storage(storages.count))
    storages.append(storage)
  }

  private mutating func call(_ callee: Global, _ arguments: [Value]) throws(Failure) {
    switch callee {
    case .orderedDictionary:
      // With arguments it would be a list of pairs, which torch does not write.
      guard arguments.isEmpty else { throw malformed("OrderedDict takes no arguments here") }
      orderedDictionaries.insert(dictionaries.count)
      pushDictionary()
    case .rebuildTensor, .rebuildTensorV2:
      let counts = callee == .rebuildTensor ? 4...4 : 6...7
      guard counts.contains(arguments.count), case .storage(let storage) = arguments[0],
        case .integer(let offset) = arguments[1],
        let shape = integers(arguments[2]), let strides = integers(arguments[3])
      else { throw malformed("a tensor's arguments are not a storage, an offset and two tuples") }
      if arguments.count > 4 { try checkGradient(arguments[4], hooks: arguments[5]) }
      // Whether the numbers are negated or conjugated when they are read.
      if arguments.count > 6, !isEmpty(arguments[6]) {
        throw .unsupported("a tensor with metadata, such as numbers that are stored negated")
      }
      stack.append(.tensor(tensors.count))
      tensors.append(
        Tensor(storage: storages[storage], offset: offset, shape: shape, strides: strides))
    case .rebuildParameter, .rebuildParameterWithState:
      guard arguments.count == (callee == .rebuildParameter ? 3 : 4), let first = arguments.first,
        case .tensor = first
      else { throw malformed("a parameter's arguments do not begin with a tensor") }
      try checkGradient(arguments[1], hooks: arguments[2])
      // Attributes, among them such as would take the place of the numbers.
      if arguments.count > 3, !isEmpty(arguments[3]) {
        throw .unsupported("a parameter with a state of its own")
      }
      stack.append(first)
    case .storage:
      throw malformed("a storage type is called as a function")
    }
  }

  /// `requires_grad`, of no meaning here but for torch, which takes nothing else, and the hooks that
  /// torch runs in training: none, in a file that it wrote.
  private func checkGradient(_ requiresGradient: Value, hooks: Value) throws(Failure) {
    guard case .bool = requiresGradient else {
      throw malformed("a tensor's requires_grad is not true or false")
    }
    guard isEmpty(hooks) else { throw .unsupported("a tensor with backward hooks") }
  }

  /// None, or a dictionary of nothing.
  private func isEmpty(_ value: Value) -> Bool {
    switch value {
    case .none: true
    case .dictionary(let index): itemCounts[index] == 0
    default: false
    }
  }

  /// Attributes for an object made before. An OrderedDict of torch has '_metadata', versions of modules:
  /// of no use here. Any other could stand in for what torch asks the dictionary.
  private mutating func setState(_ state: Value) throws(Failure) {
    guard case .dictionary(let object) = try top(), orderedDictionaries.contains(object) else {
      throw malformed("only an OrderedDict may be given state")
    }
    guard case .dictionary(let index) = state, itemCounts[index] == dictionaries[index].count,
      dictionaries[index].allSatisfy({ $0.key == "_metadata" })
    else { throw .unsupported("an OrderedDict with attributes of its own") }
  }

  /// The elements of a tuple of at most 64 integers, which is as many dimensions as torch allows.
  private func integers(_ value: Value) -> [Int]? {
    guard case .tuple(let range) = value, range.count <= 64 else { return nil }
    var integers: [Int] = []
    for case .integer(let integer) in tupleElements[range] { integers.append(integer) }
    return integers.count == range.count ? integers : nil
  }
}
