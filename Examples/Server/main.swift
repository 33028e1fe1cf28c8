import Cloud4Bert

/// What the requests of a server share: one model, and a bound on how many may wait for it. While a
/// request waits for its answer the actor takes others, and the classifier puts them into batches together.
actor Sentiment {
  struct Busy: Error {}

  private let classifier: TextClassifier
  private let limit: Int
  private var waiting = 0
  private(set) var refused = 0

  /// - Parameter limit: Requests that wait at once; one more is refused, as its client is better served
  ///   by an answer at once (503, say) than by a long wait.
  init(limit: Int) throws {
    classifier = try TextClassifier()
    self.limit = limit
  }

  func label(of text: String) async throws -> String {
    guard waiting < limit else {
      refused += 1
      throw Busy()
    }
    waiting += 1
    defer { waiting -= 1 }
    return try await classifier.classify([text])[0].label
  }
}

// In place of a web framework's handlers, a hundred requests at once.
let sentiment = try Sentiment(limit: 64)
let texts = ["Thanks a lot, that fixed it!", "I hate this plugin.", "Which port does it use?"]
let counts = await withTaskGroup(of: String.self) { group in
  for number in 0..<100 {
    group.addTask { (try? await sentiment.label(of: texts[number % texts.count])) ?? "refused" }
  }
  var counts: [String: Int] = [:]
  for await label in group { counts[label, default: 0] += 1 }
  return counts
}
for (label, count) in counts.sorted(by: { $0.key < $1.key }) { print(label, count) }
