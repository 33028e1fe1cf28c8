extension JSON {
  /// A value as JSON on one line, without a break at its end.
  ///
  /// Members come in the order in which they are encoded, those of synthesized conformances as they are
  /// declared, under their names in snake case. Numbers have the fewest digits that read back to the same
  /// one; a number that is none, which JSON has no word for, is null.
  package static func line(of value: some Encodable) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try Output(value).append(to: &bytes)
    return bytes
  }
}

/// A member that is null where it has no value; an optional one is left out.
@propertyWrapper
package struct OrNull<Value: Encodable>: Encodable {
  package var wrappedValue: Value?

  package init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  package func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
}

/// An object whose members are not known beforehand, in this order.
package struct JSONRow: Encodable {
  package var members: [(key: String, value: any Encodable)]

  package init(_ members: [(key: String, value: any Encodable)]) { self.members = members }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for (key, value) in members { try container.encode(value, forKey: Key(stringValue: key)) }
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { return nil }
  }
}

private enum Output {
  case literal(String)
  case elements([Output])
  case members([(key: String, value: Output)])
  /// What is not whole yet.
  case node(Node)

  init(_ value: some Encodable) throws {
    switch value {
    case let value as String: self = .literal(JSON.quote(value))
    case let value as Double: self = .literal(value.isFinite ? "\(value)" : "null")
    case let value as Float: self = .literal(value.isFinite ? "\(value)" : "null")
    case let value as Bool: self = .literal("\(value)")
    case let value as any BinaryInteger: self = .literal("\(value)")
    default:
      let node = Node()
      try value.encode(to: NodeEncoder(node: node))
      self = node.output
    }
  }

  func append(to bytes: inout [UInt8]) {
    switch self {
    case .literal(let text): bytes += text.utf8
    case .elements(let elements):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        element.append(to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .members(let members):
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        JSON.append(member.key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        member.value.append(to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    case .node(let node): node.output.append(to: &bytes)
    }
  }
}

/// A value while it is encoded.
private final class Node {
  var output = Output.literal("null")

  /// Makes it an array, where it is none yet.
  func becomeArray() {
    if case .literal = output { output = .elements([]) }
  }

  /// Makes it an object, where it is none yet: the parts of a value may add to one.
  func becomeObject() {
    if case .literal = output { output = .members([]) }
  }

  var elementCount: Int { if case .elements(let elements) = output { elements.count } else { 0 } }

  func append(_ element: Output) {
    guard case .elements(var elements) = output else { return }
    // The array has one owner, and so need not be copied.
    output = .elements([])
    elements.append(element)
    output = .elements(elements)
  }

  func append(_ value: Output, for key: some CodingKey) {
    guard case .members(var members) = output else { return }
    output = .members([])
    members.append((Self.snakeCase(key.stringValue), value))
    output = .members(members)
  }

  /// `meanScore` as `mean_score`.
  private static func snakeCase(_ name: String) -> String {
    name.reduce(into: "") { text, letter in
      text += letter.isUppercase ? "_\(letter.lowercased())" : String(letter)
    }
  }
}

private struct NodeEncoder: Encoder, SingleValueEncodingContainer {
  let node: Node
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    node.becomeObject()
    return KeyedEncodingContainer(NodeMembers(node: node))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    node.becomeArray()
    return NodeElements(node: node)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { self }

  func encodeNil() { node.output = .literal("null") }
  func encode<Value: Encodable>(_ value: Value) throws { node.output = try Output(value) }
}

private struct NodeMembers<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let node: Node
  var codingPath: [any CodingKey] { [] }

  func encodeNil(forKey key: Key) { node.append(.literal("null"), for: key) }

  func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
    node.append(try Output(value), for: key)
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type, forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> {
    encoder(of: key).container(keyedBy: keyType)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    encoder(of: key).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { NodeEncoder(node: node) }
  func superEncoder(forKey key: Key) -> any Encoder { encoder(of: key) }

  private func encoder(of key: Key) -> NodeEncoder {
    let member = Node()
    node.append(.node(member), for: key)
    return NodeEncoder(node: member)
  }
}

private struct NodeElements: UnkeyedEncodingContainer {
  let node: Node
  var codingPath: [any CodingKey] { [] }
  var count: Int { node.elementCount }

  func encodeNil() { node.append(.literal("null")) }
  func encode<Value: Encodable>(_ value: Value) throws { node.append(try Output(value)) }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type
  ) -> KeyedEncodingContainer<NestedKey> {
    elementEncoder().container(keyedBy: keyType)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    elementEncoder().unkeyedContainer()
  }

  func superEncoder() -> any Encoder { elementEncoder() }

  private func elementEncoder() -> NodeEncoder {
    let element = Node()
    node.append(.node(element))
    return NodeEncoder(node: element)
  }
}
