import CKernels

/// Adds up the gradients of several workers, always in the same order, and measures the sum.
public struct GradientSum {
  private let gradients: [Gradients]
  /// Runs of elements, each short enough for a cache; together all that may differ from zero.
  private let pieces: [Range<Int>]

  /// Takes the gradients of all workers.
  ///
  /// - Parameter gradients: Of one layout, one a worker; the first becomes the sum.
  public init(_ gradients: [Gradients]) {
    precondition(!gradients.isEmpty, "no gradients")
    self.gradients = gradients
    let values = gradients[0].values
    var pieces: [Range<Int>] = []
    func cut(_ range: Range<Int>) {
      for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.pieceSize) {
        pieces.append(start..<min(start + Self.pieceSize, range.upperBound))
      }
    }
    if let table = gradients[0].table {
      cut(0..<table.offset)
      if gradients.contains(where: { $0.touchedRows == nil }) {
        cut(table.range)
      } else {
        let rows = Set(gradients.flatMap { $0.touchedRows ?? [] }).sorted()
        for row in rows {
          let start = table.offset + row * table.columns
          cut(start..<start + table.columns)
        }
      }
      cut(table.range.upperBound..<values.layout.floatCount)
    } else {
      cut(0..<values.layout.floatCount)
    }
    self.pieces = pieces
  }

  private static let pieceSize = 1 << 14

  /// The Euclidean norm of the sum of all gradients, which the first of them becomes.
  public func norm(team: Team?) -> Double {
    let sum = gradients[0].values.base
    let others = gradients.dropFirst().map { $0.values.base }
    let parts = max(1, min(team?.size ?? 1, pieces.count))
    var squares = [Double](repeating: 0, count: pieces.count)
    squares.withUnsafeMutableBufferPointer { squares in
      // Every piece is written by one thread.
      nonisolated(unsafe) let squares = squares
      let body = { (part: Int) in
        for index in stride(from: part, to: pieces.count, by: parts) {
          let piece = pieces[index]
          let target = sum + piece.lowerBound
          for other in others {
            Processor.table.accumulate(target, other + piece.lowerBound, piece.count)
          }
          squares[index] = Processor.table.sum_of_squares(target, piece.count)
        }
      }
      if let team { team.run(parts: parts, body) } else { body(0) }
    }
    // A row of words touched by the other workers alone is not zero in the first any more.
    gradients[0].touch(rowsOf: gradients.dropFirst())
    return squares.reduce(0, +).squareRoot()
  }

  public var sum: Gradients { gradients[0] }
}

extension Gradients {
  fileprivate func touch(rowsOf others: some Sequence<Gradients>) {
    for other in others {
      guard let rows = other.touchedRows else { return touchAllRows() }
      touch(rows)
    }
  }
}
