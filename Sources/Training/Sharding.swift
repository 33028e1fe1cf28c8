import Transformers

extension GlobalBatch {
  /// Deals the texts out to workers, each about as many tokens, and cuts each worker's into shards of at
  /// most `maxTokens` tokens, or one text. Depends on nothing but the lengths.
  func shards(workers: Int, maxTokens: Int) -> [[BatchShard]] {
    let lengths = (0..<batch.sequenceCount).map { batch.tokens(of: $0).count }
    // Longest first, to whoever has least: no worker ends up far ahead.
    let order = lengths.indices.sorted { (lengths[$0], $1) > (lengths[$1], $0) }
    var hands = [[Int]](repeating: [], count: workers)
    var loads = [Int](repeating: 0, count: workers)
    for sequence in order {
      let worker = loads.indices.min { (loads[$0], $0) < (loads[$1], $1) }!
      hands[worker].append(sequence)
      loads[worker] += lengths[sequence]
    }
    return hands.map { hand in
      let sequences = hand.sorted()
      let total = sequences.reduce(0) { $0 + lengths[$1] }
      // Shards of one size rather than full ones and a small one.
      let count = max(1, (total + maxTokens - 1) / maxTokens)
      let target = (total + count - 1) / count
      var shards: [[Int]] = []
      var tokens = 0
      for sequence in sequences {
        let sum = tokens + lengths[sequence]
        if shards.isEmpty || sum > maxTokens || tokens >= target {
          shards.append([])
          tokens = 0
        }
        shards[shards.count - 1].append(sequence)
        tokens += lengths[sequence]
      }
      return shards.map { shard($0) }
    }
  }

  private func shard(_ sequences: [Int]) -> BatchShard {
    var part = PackedBatch()
    var (tokens, indices): ([Int], [Int]) = ([], [])
    for sequence in sequences {
      let range = batch.tokens(of: sequence)
      var index = firstMaskedToken(from: range.lowerBound)
      while index < maskedTokens.count, maskedTokens[index] < range.upperBound {
        tokens.append(part.tokenCount + maskedTokens[index] - range.lowerBound)
        indices.append(index)
        index += 1
      }
      part.append(batch.tokenIDs[range], tokenTypeIDs: batch.tokenTypeIDs[range])
    }
    return BatchShard(
      batch: part, sequences: sequences, maskedTokens: tokens, maskedIndices: indices)
  }

  /// The first index into `maskedTokens` whose token is not before `token`.
  private func firstMaskedToken(from token: Int) -> Int {
    var (low, high) = (0, maskedTokens.count)
    while low < high {
      let middle = (low + high) / 2
      if maskedTokens[middle] < token { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
