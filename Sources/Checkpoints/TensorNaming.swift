/// How the tensors of a model are called: what it takes to know one again under the name that an older
/// version, a wrapper or a bare encoder gave it, and to tell the parts of the model from each other.
package struct TensorNaming: Sendable {
  /// What the encoder's names begin with: `bert.`
  package var encoderPrefix: String
  /// What they begin with instead where the encoder was saved alone: `embeddings.`
  package var encoderParts: [String]
  /// What wrappers put in front of all names: `module.`
  package var wrappers: [String]
  /// Endings of older versions, and what they are today.
  package var olderEndings: [(old: String, new: String)]
  /// Endings of what is stored and holds no weights.
  package var bufferEndings: [String]
  /// The parts of the model that are read as a whole or not at all, beside those that the first word of
  /// a name tells: `cls.predictions`
  package var parts: [String]
  /// What the names of tensors begin with that a use of the model can do without: heads of other tasks,
  /// and what losses leave behind.
  package var otherUses: [String]
  /// Which tensor stands for another that a file may leave out, as transformers' `tie_weights` does.
  package var tied: [String: String]

  package init(
    encoderPrefix: String, encoderParts: [String], wrappers: [String] = [],
    olderEndings: [(old: String, new: String)] = [], bufferEndings: [String] = [],
    parts: [String] = [], otherUses: [String] = [], tied: [String: String] = [:]
  ) {
    self.encoderPrefix = encoderPrefix
    self.encoderParts = encoderParts
    self.wrappers = wrappers
    self.olderEndings = olderEndings
    self.bufferEndings = bufferEndings
    self.parts = parts
    self.otherUses = otherUses
    self.tied = tied
  }

  /// The name that transformers' classes give a tensor today; nil for a buffer that holds no weights.
  package func canonicalName(_ name: String) -> String? {
    var key = Substring(name)
    while let wrapper = wrappers.first(where: { key.hasPrefix($0) }) {
      key.removeFirst(wrapper.count)
    }
    if encoderParts.contains(where: { key.hasPrefix($0) }) { key = encoderPrefix + key }
    if bufferEndings.contains(where: { key.hasSuffix($0) }) { return nil }
    if let (old, new) = olderEndings.first(where: { key.hasSuffix($0.old) }) {
      return key.dropLast(old.count) + new
    }
    return String(key)
  }

  /// Whether a tensor is of the encoder, and not of a head.
  func isOfEncoder(_ key: String) -> Bool { key.hasPrefix(encoderPrefix) }

  /// Whether a model may have it that makes no use of it.
  func isOfOtherUse(_ key: String) -> Bool { otherUses.contains { key.hasPrefix($0) } }

  /// The part of the model that a tensor belongs to: `bert`, without `bert.pooler`; `cls.predictions`;
  /// `classifier`.
  func part(of key: String) -> Substring {
    if let part = parts.first(where: { key.hasPrefix("\($0).") }) { return key.prefix(part.count) }
    return key.prefix { $0 != "." }
  }
}
