import Testing

@testable import Training

@Suite struct TokenMaskingTests {
  private let masking = TokenMasking(
    maskTokenID: 4, specialTokenIDs: [0, 1, 2, 3, 4], vocabularySize: 1000, seed: 7)
  private let text: [Int32] = [2] + (5..<205).map { $0 } + [3]

  @Test func sharesAreThoseOfThePaper() {
    var (chosen, masked, kept, other, tokens) = (0, 0, 0, 0, 0)
    var places = Set<Int>()
    for index in 0..<500 {
      let (ids, places_) = masking(text, text: index, epoch: 0)
      #expect(ids.count == text.count && ids.first == 2 && ids.last == 3)
      #expect(places_ == places_.sorted() && Set(places_).count == places_.count)
      for place in text.indices where !places_.contains(place) { #expect(ids[place] == text[place]) }
      tokens += text.count - 2
      chosen += places_.count
      for place in places_ {
        places.insert(place)
        switch ids[place] {
        case 4: masked += 1
        case text[place]: kept += 1
        default:
          other += 1
          #expect((0..<1000).contains(ids[place]))
        }
      }
    }
    #expect(places.count == text.count - 2)
    // Five standard deviations of 100,000 tokens.
    #expect(abs(Double(chosen) / Double(tokens) - 0.15) < 0.006)
    #expect(abs(Double(masked) / Double(chosen) - 0.8) < 0.017)
    #expect(abs(Double(other) / Double(chosen) - 0.1) < 0.013)
    #expect(abs(Double(kept) / Double(chosen) - 0.1) < 0.013)
  }

  @Test func repeatsAndDiffers() {
    let first = masking(text, text: 3, epoch: 1)
    #expect(masking(text, text: 3, epoch: 1) == first)
    #expect(masking(text, text: 3, epoch: 2) != first)
    #expect(masking(text, text: 4, epoch: 1) != first)
    let other = TokenMasking(
      maskTokenID: 4, specialTokenIDs: [0, 1, 2, 3, 4], vocabularySize: 1000, seed: 8)
    #expect(other(text, text: 3, epoch: 1) != first)
    // A token's fate depends on its place, not on what stands before it.
    let (_, chosen) = masking([2, 2] + text.dropFirst(2), text: 3, epoch: 1)
    #expect(chosen == first.chosen.filter { $0 != 1 })
  }

  @Test func specialTokensAreNeverChosen() {
    for index in 0..<50 {
      let (ids, chosen) = masking([2, 0, 4, 1, 3], text: index, epoch: 0)
      #expect(ids == [2, 0, 4, 1, 3] && chosen.isEmpty)
    }
  }
}
