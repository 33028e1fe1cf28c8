/// Which of two models' labels are the same.
enum LabelOrder {
  /// For each of `labels` the id of the same label of another model: by its name, or its id where one
  /// of them does not name its labels; nil where they are not the same.
  static func order(of other: [String], like labels: [String]) -> [Int]? {
    guard other.count == labels.count else { return nil }
    let (ours, theirs) = (labels.map { $0.lowercased() }, other.map { $0.lowercased() })
    let isNameless = [ours, theirs].contains { names in
      names.enumerated().allSatisfy { $1 == "label_\($0)" }
    }
    if isNameless || ours == theirs { return Array(labels.indices) }
    guard Set(ours) == Set(theirs), Set(ours).count == ours.count else { return nil }
    return ours.map { theirs.firstIndex(of: $0)! }
  }
}
