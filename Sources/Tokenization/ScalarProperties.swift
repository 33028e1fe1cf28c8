/// What the normalizer and the pre-tokenizer need to know of one Unicode scalar, as Hugging Face
/// `tokenizers` sees it. `Scripts/fixtures/unicode_tables.py` lays out the bits.
struct ScalarProperties: OptionSet, Sendable {
  let rawValue: UInt16

  /// Deleted by `clean_text`: controls, formats, private use, unassigned, U+FFFD.
  static let removed = ScalarProperties(rawValue: 1 << 0)
  static let space = ScalarProperties(rawValue: 1 << 1)
  /// Set apart by `handle_chinese_chars`.
  static let ideograph = ScalarProperties(rawValue: 1 << 2)
  /// A nonspacing mark (Mn), deleted by `strip_accents`.
  static let mark = ScalarProperties(rawValue: 1 << 3)
  static let punctuation = ScalarProperties(rawValue: 1 << 4)
  static let decomposes = ScalarProperties(rawValue: 1 << 5)
  static let lowercases = ScalarProperties(rawValue: 1 << 6)
  /// `\w` of the regular expressions that delimit `single_word` tokens.
  static let word = ScalarProperties(rawValue: 1 << 7)

  /// Canonical combining class.
  var combiningClass: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 8) }
}

/// The unpacked `UnicodeTables`, shared by all tokenizers of the process.
struct ScalarTable: Sendable {
  static let shared = ScalarTable()

  private let properties = StagedRuns(UnicodeTables.propertyRuns)
  private let decompositions = ScalarMappings(UnicodeTables.decompositions)
  private let lowercases = ScalarMappings(UnicodeTables.lowercases)

  private init() {}

  /// - Parameter scalar: At most U+10FFFF.
  @inline(__always)
  func properties(of scalar: UInt32) -> ScalarProperties {
    ScalarProperties(rawValue: properties[scalar])
  }

  /// The full canonical decomposition, where `properties` has `.decomposes`.
  func decomposition(of scalar: UInt32) -> ArraySlice<UInt32> {
    decompositions[scalar]
  }

  /// The lower case, where `properties` has `.lowercases`.
  func lowercase(of scalar: UInt32) -> ArraySlice<UInt32> {
    lowercases[scalar]
  }
}

/// Mappings from a scalar to one or more, found by bisection.
private struct ScalarMappings: Sendable {
  private var keys: [UInt32] = []
  private var ends: [Int32] = []
  private var scalars: [UInt32] = []

  init(_ packed: StaticString) {
    var numbers = PackedNumbers(packed)
    var key = 0
    while let step = numbers.next(), let count = numbers.next() {
      key += step
      for _ in 0..<count {
        let zigzag = numbers.next() ?? 0
        let distance = zigzag & 1 == 0 ? zigzag / 2 : -(zigzag + 1) / 2
        scalars.append(UInt32(key + distance))
      }
      keys.append(UInt32(key))
      ends.append(Int32(scalars.count))
    }
  }

  subscript(scalar: UInt32) -> ArraySlice<UInt32> {
    var low = 0
    var high = keys.count
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < scalar { low = middle + 1 } else { high = middle }
    }
    guard low < keys.count, keys[low] == scalar else { return [] }
    return scalars[(low == 0 ? 0 : Int(ends[low - 1]))..<Int(ends[low])]
  }
}
