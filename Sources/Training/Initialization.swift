import Checkpoints
import Tensors
import Transformers

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension Parameters {
  /// What a new tensor begins with (`_init_weights` in transformers): matrices from a normal
  /// distribution, biases 0, the weights of layer norms 1, and the padding word 0.
  func initialize(
    _ entry: ParameterLayout.Entry, words: ParameterLayout.Entry, configuration: ModelConfiguration,
    seed: UInt64
  ) {
    if entry.shape.count == 1 {
      let value: Float = entry.name.hasSuffix(".weight") ? 1 : 0
      setValues([Float](repeating: value, count: entry.count), of: entry.name)
      return
    }
    // A stream of its own for each name: a tensor more or less changes no other.
    var name: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in entry.name.utf8 { name = (name ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var generator = SplitMix64(seed, name)
    setValues(of: entry.name) { values in
      for index in values.indices {
        values[index] = Float(generator.normal() * configuration.initializerRange)
      }
      if entry == words, let padding = configuration.padTokenID {
        let size = configuration.hiddenSize
        for index in padding * size..<(padding + 1) * size { values[index] = 0 }
      }
    }
  }
}

extension SplitMix64 {
  /// A number of the standard normal distribution (Box and Muller, 1958).
  mutating func normal() -> Double {
    // From 2⁻⁵³ to 1: there is no logarithm of 0.
    let radius = (-2 * log(Double((next() >> 11) + 1) * 0x1p-53)).squareRoot()
    return radius * cos(2 * .pi * Double(next() >> 11) * 0x1p-53)
  }
}
