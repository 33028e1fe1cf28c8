import TestSupport

/// What is mutated: sound files to begin with, and those of their mutants that led to new places.
struct FuzzCorpus {
  private let originals: [[UInt8]]
  private var mutants: [[UInt8]] = []
  private var generator: SeededGenerator
  private let longest: Int
  private static let capacity = 4096
  /// How many mutants led to new places.
  private(set) var found = 0

  init(_ originals: [[UInt8]], seed: UInt64) {
    self.originals = originals
    generator = SeededGenerator(seed: seed ^ 0xC0_4B05)
    longest = 2 * (originals.map(\.count).max() ?? 0) + 256
  }

  /// Mutants as often as originals, which they must not drive out: most of them are refused early.
  mutating func pick() -> [UInt8] {
    guard !mutants.isEmpty, Bool.random(using: &generator) else {
      return originals.randomElement(using: &generator)!
    }
    return mutants.randomElement(using: &generator)!
  }

  /// Adds a mutant, unless it is long: time is better spent on several short ones.
  mutating func add(_ mutant: [UInt8]) {
    found += 1
    guard mutant.count <= longest else { return }
    if mutants.count < Self.capacity {
      mutants.append(mutant)
    } else {
      mutants[Int.random(in: 0..<mutants.count, using: &generator)] = mutant
    }
  }
}
