/// The members of a JSON object, in the order of the file: of a key that stands twice the last value
/// counts, at the place of the first, as in Python's `json`. Keys are compared by their scalars.
package struct JSONMembers: Sendable {
  package typealias Element = (key: String, value: JSON)

  private var elements: [Element] = []
  /// Members whose keys have half a surrogate pair, which nobody asks for by name: what stands between the
  /// quotation marks, and the value. They are not among the elements.
  package private(set) var brokenKeys: [Element] = []
  /// Places in `elements`, once there are too many to look at in turn.
  private var places: [ExactString: Int] = [:]

  private static let countWithoutPlaces = 8

  package init() {}

  package var keys: [String] { elements.map(\.key) }
  package var values: [JSON] { elements.map(\.value) }

  package subscript(key: String) -> JSON? {
    get { place(of: key).map { elements[$0].value } }
    set {
      guard let newValue else {
        removeValue(forKey: key)
        return
      }
      _ = updateValue(newValue, forKey: key)
    }
  }

  /// Returns the value that the key had before.
  package mutating func updateValue(_ value: JSON, forKey key: String) -> JSON? {
    if let place = place(of: key) {
      let old = elements[place].value
      elements[place].value = value
      return old
    }
    elements.append((key, value))
    if elements.count == Self.countWithoutPlaces + 1 {
      fillPlaces()
    } else if elements.count > Self.countWithoutPlaces {
      places[ExactString(key)] = elements.count - 1
    }
    return nil
  }

  package mutating func append(_ value: JSON, forBrokenKey source: String) {
    brokenKeys.append((source, value))
  }

  private mutating func removeValue(forKey key: String) {
    guard let place = place(of: key) else { return }
    elements.remove(at: place)
    fillPlaces()
  }

  private mutating func fillPlaces() {
    places = [:]
    guard elements.count > Self.countWithoutPlaces else { return }
    for (place, element) in elements.enumerated() { places[ExactString(element.key)] = place }
  }

  private func place(of key: String) -> Int? {
    guard elements.count <= Self.countWithoutPlaces else { return places[ExactString(key)] }
    return elements.firstIndex { $0.key.isExactly(key) }
  }
}

extension JSONMembers: RandomAccessCollection {
  package var startIndex: Int { 0 }
  package var endIndex: Int { elements.count }
  package subscript(position: Int) -> Element { elements[position] }
}

extension JSONMembers: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, JSON)...) {
    for (key, value) in elements { self[key] = value }
  }
}

extension JSONMembers: Equatable {
  /// Whatever the order, as in JSON.
  package static func == (left: Self, right: Self) -> Bool {
    left.count == right.count && left.allSatisfy { right[$0.key] == $0.value }
      && left.brokenKeys.elementsEqual(right.brokenKeys) {
        $0.key.isExactly($1.key) && $0.value == $1.value
      }
  }
}
